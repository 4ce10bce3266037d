import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import { imbalance, type Ledger } from '../../../lib/ledger.ts';
import type { Matrix, PrometheusAnswer } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { freePort } from '../../support/free-port.ts';
import { TierProcess } from '../../support/tier-process.ts';
import { until } from '../../support/until.ts';
import { post, writeRequest } from './prometheus.ts';

let core: TestCore;
let relay: TierProcess;
afterEach(async () => {
  await relay?.kill();
  await core?.remove();
});

const SENDERS = 4;
const ROUNDS = 60;

/** As a Prometheus does it: the same request until it was answered for. */
async function sendUntilTaken(port: number, path: string, body: Uint8Array | object): Promise<void> {
  for (;;) {
    const status = await post(port, path, body).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status >= 200 && status < 300) return;
    expect([0, 429, 503]).toContain(status);
    await wait(50);
  }
}

test('kill -9 of the relay, twice, and a core that is away between: what was answered for is stored, samples once', async () => {
  core = await TestCore.make();
  const ingest = `127.0.0.1:${await freePort()}`;
  await core.start({ ingest: { listen: ingest } });
  const { ca, cert, key } = await core.issue('relay-1', 'relay');
  const [door, http] = [await freePort(), await freePort()];
  const file = join(core.directory, 'relay.yaml');
  const config = {
    name: 'relay-1',
    dataDir: join(core.directory, 'relay'),
    mqtt: { listen: '127.0.0.1:0' },
    http: { listen: `127.0.0.1:${http}` },
    tls: { ca, cert, key },
    cores: [ingest],
    doors: { http: { listen: `127.0.0.1:${door}` } },
  };
  writeFileSync(file, JSON.stringify(config));
  relay = new TierProcess('heliograph.ts', ['relay', '--config', file], join(core.directory, 'relay.out'));
  await relay.start();

  const begin = Date.now() - ROUNDS * 1000;
  let done = 0;
  const sent = Array.from({ length: SENDERS }, async (_, sender) => {
    for (let i = 0; i < ROUNDS; i++) {
      const series = { labels: { __name__: 'sent', sender: `${sender}` }, samples: [[begin + i * 1000, i]] as const };
      await sendUntilTaken(door, '/api/v1/write', writeRequest([series]));
      const record = { timeUnixNano: `${begin + i * 1000}000000`, body: { stringValue: `line ${sender}-${i}.` } };
      await sendUntilTaken(door, '/v1/logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });
      done++;
    }
  });
  for (let round = 0; round < 2; round++) {
    const from = done;
    await until('some more', () => done >= from + SENDERS * 8);
    await relay.kill();
    if (round === 0) await core.stop();
    await relay.start();
  }
  await Promise.all(sent);
  await core.start({ ingest: { listen: ingest } });

  await until('every sample', async () => {
    const query = `sent[${ROUNDS + 600}s]`;
    const { data } = await core.get<PrometheusAnswer<Matrix>>('/api/v1/query', { query });
    const all = Array.from({ length: ROUNDS }, (_, i) => `${i}`);
    return (
      data.result.length === SENDERS && data.result.every(({ values }) => `${values.map(([, v]) => v)}` === `${all}`)
    );
  });
  await until('every line', async () => {
    const { lines } = await core.get<LogPage>('/api/v1/logs', { host: 'local', limit: '1000' });
    return new Set(lines.map(({ message }) => message)).size === SENDERS * ROUNDS;
  });
  const ledger = await until('nothing waits', async () => {
    const drawn = (await (await fetch(`http://127.0.0.1:${http}/ledger.json`)).json()) as Ledger;
    return drawn.entries.every(({ queued }) => queued.frames === 0) ? drawn : null;
  });
  for (const entry of ledger.entries) expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
});
