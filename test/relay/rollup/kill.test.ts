import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import type { CertificateFiles } from '../../../lib/certificates/authority.ts';
import { imbalance, type Ledger } from '../../../lib/ledger.ts';
import { seededRandom } from '../../../simulator/random.ts';
import { IngestCore } from '../../support/ingest-core.ts';
import { until } from '../../support/until.ts';
import { connectClient } from '../setup.ts';
import { ClockedRelay, relayBefore } from './clocked-relay.ts';
import { samplesAt, samplesFrame, sentPage } from './samples.ts';

const directory = mkdtempSync(join(tmpdir(), 'rollup-kill-'));
const core = new IngestCore();
let relay: ClockedRelay | null = null;
const clients: MqttClient[] = [];
afterEach(async () => {
  for (const client of clients) client.end(true);
  await relay?.kill();
  await core.close();
  rmSync(directory, { recursive: true, force: true });
});

const PAGE = sentPage([{ name: 'hits' }]);
const HOSTS = ['h1', 'h2'];
const FRAMES = 60;
const STEP_MS = 200;
const RULES = `
- {name: r, match: hits, interval: 1s, lateness: 1s, without: [instance], outputs: [total, sum, count_samples, "quantiles(1)"]}
`;

test('kill -9 while frames come and while windows close leaves every window right', async () => {
  const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const random = seededRandom(seed);
  const { authority, config } = await relayBefore(core, directory);
  writeFileSync(join(directory, 'rollups.yaml'), RULES);
  const begin = Math.ceil(Date.now() / 1000) * 1000;
  relay = new ClockedRelay(
    {
      ...config,
      rollups: { rules: join(directory, 'rollups.yaml'), restartGrace: '1ms', snapshotEvery: '100ms' },
    },
    begin,
  );
  await relay.start();
  const kill = async () => {
    await relay!.kill();
    await relay!.start();
  };
  const values = new Map(HOSTS.map((host) => [host, counterOf(random)]));
  let left = HOSTS.length;
  const sent = HOSTS.map(async (host) => {
    const files = await authority.issue({ name: host, role: 'collector', days: 2 });
    await sendAll(host, files, begin, values.get(host)!);
    left--;
  });
  for (let i = 0; i < 2 && left > 0; i++) {
    await wait(500 + random() * 1000);
    await kill();
  }
  await Promise.all(sent);

  // Then window by window, and now and then the end of the process somewhere in between.
  const last = begin + FRAMES * STEP_MS;
  for (let end = begin + 1000; end <= last; end += 1000) {
    relay.pass(end + 1000);
    if (random() < 0.6) await wait(random() * 600);
    if (random() < 0.3) await kill();
  }
  await until('the last window', () => `hits:1s_without_instance_total{}@${last}` in samplesAt(core, 'relay1'));
  expect(samplesAt(core, 'relay1'), `seed ${seed}`).toEqual(expected(begin, values));
  const account = await until('the account', async () => {
    const ledger = (await (await fetch(`http://127.0.0.1:${relay!.http}/ledger.json`)).json()) as Ledger;
    const entry = ledger.entries.find((one) => one.class === 'metric')!;
    return entry.queued.frames === 0 ? entry : null;
  });
  expect(imbalance(account)).toEqual({ frames: 0, items: 0 });
  expect(account.dropped).toEqual({});
});

/** A counter that begins again now and then. */
function counterOf(random: () => number): number[] {
  let value = 0;
  return Array.from({ length: FRAMES }, () => {
    value = random() < 0.1 ? Math.floor(random() * 5) : value + Math.floor(random() * 100);
    return value;
  });
}

/** Frame by frame, each until it is acknowledged, over as many connections as it takes. */
async function sendAll(host: string, files: CertificateFiles, begin: number, values: readonly number[]): Promise<void> {
  let link: { client: MqttClient; gone: Promise<never> } | null = null;
  let next = 0;
  while (next <= values.length) {
    try {
      link ??= await connection(host, files);
      const part = next === 0 ? 'definitions' : 'metric';
      const payload =
        next === 0 ? PAGE.content : samplesFrame(PAGE, next, [[begin + next * STEP_MS, values[next - 1]!]]);
      const answer = link.client.publishAsync(`fleet/${host}/${part}`, Buffer.from(payload), { qos: 1 });
      await Promise.race([answer, link.gone]);
      next++;
      await wait(30);
    } catch {
      // Killed: the frame is not acknowledged, so it comes again.
      link?.client.end(true);
      link = null;
      await wait(100);
    }
  }
}

async function connection(host: string, files: CertificateFiles) {
  const client = await connectClient(relay!.mqtt, files, host);
  clients.push(client);
  const gone = new Promise<never>((_, reject) => client.once('close', () => reject(new Error('closed'))));
  // Nobody may be waiting for it.
  gone.catch(() => undefined);
  return { client, gone };
}

function expected(begin: number, hosts: ReadonlyMap<string, readonly number[]>): Record<string, number> {
  const windows = new Map<number, { sum: number; count: number; increase: number; most: number }>();
  for (const values of hosts.values()) {
    for (const [i, value] of values.entries()) {
      const end = Math.ceil((begin + (i + 1) * STEP_MS) / 1000) * 1000;
      const window = windows.get(end) ?? { sum: 0, count: 0, increase: 0, most: 0 };
      const before = values[i - 1];
      window.sum += value;
      window.count++;
      window.most = Math.max(window.most, value);
      if (before !== undefined) window.increase += value < before ? value : value - before;
      windows.set(end, window);
    }
  }
  const found: Record<string, number> = {};
  let total = 0;
  for (const [end, { sum, count, increase, most }] of [...windows].sort(([a], [b]) => a - b)) {
    total += increase;
    found[`hits:1s_without_instance_total{}@${end}`] = total;
    found[`hits:1s_without_instance_sum_samples{}@${end}`] = sum;
    found[`hits:1s_without_instance_count_samples{}@${end}`] = count;
    found[`hits:1s_without_instance_quantiles{quantile=1}@${end}`] = most;
  }
  return found;
}
