import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import { parseConfig } from '../../../lib/config/load.ts';
import { silentLog } from '../../../lib/log.ts';
import { createToken } from '../../../lib/tokens/token-file.ts';
import { relayConfig } from '../../../relay/config.ts';
import { type Relay, startRelay } from '../../../relay/start.ts';
import { startWorkers } from '../../../relay/workers/supervisor.ts';
import { TestCore } from '../../support/core/core.ts';
import { RudeHost } from '../../support/two-tiers.ts';
import { until } from '../../support/until.ts';
import { samplesFrame, sentPage } from '../rollup/samples.ts';

const MOST = 120;

let core: TestCore;
const relays: Relay[] = [];
const clients: MqttClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.end(true);
  for (const relay of relays.splice(0)) await relay.close();
  await core.remove();
});

async function startOne(name: string, workers: number): Promise<Relay> {
  const { ca, cert, key } = await core.issue(name, 'relay');
  const settings = {
    name,
    workers,
    dataDir: join(core.directory, name),
    mqtt: { listen: '127.0.0.1:0' },
    http: { listen: '127.0.0.1:0' },
    tls: { ca, cert, key },
    cores: [`127.0.0.1:${core.port}`],
    cardinality: {},
  };
  const config = parseConfig('test.yaml', JSON.stringify(settings), relayConfig);
  const deps = { log: silentLog, clock: systemClock };
  const relay = await (workers > 1 ? startWorkers(config, { ...deps, workerLog: null }) : startRelay(config, deps));
  relays.push(relay);
  return relay;
}

/** A host whose series are so many as the test says. */
async function hostAt(relay: Relay, name: string) {
  const { ca, cert, key } = await core.issue(name, 'collector');
  const client = await connectAsync(`mqtts://127.0.0.1:${relay.addresses.mqtt}`, {
    clientId: name,
    servername: 'localhost',
    ca: readFileSync(ca),
    cert: readFileSync(cert),
    key: readFileSync(key),
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: 0,
  });
  clients.push(client);
  const host = new RudeHost(name, client);
  let sequence = 0;
  let defined = 0;
  let page = sentPage([{ name: 'none' }]);
  return async (series: number, time: number) => {
    if (series !== defined) {
      defined = series;
      page = sentPage(Array.from({ length: series }, (_, i) => ({ name: 'hits', labels: { user: `u${i}` } })));
      await host.define(page.content);
    }
    const values = new Array<number>(series).fill(1);
    await host.send('metric', { frame: samplesFrame(page, ++sequence, [[time, ...values]]) } as never);
  };
}

const figure = async (query: string, time: number): Promise<number> => {
  const { data } = await core.get<{ data: { result: { value: [number, string] }[] } }>('/api/v1/query', {
    query,
    time: String(time / 1000),
  });
  return Number(data.result[0]?.value[1] ?? 0);
};

test('a cap by order holds over two relays, one of them with two workers, and each has what it needs of it', async () => {
  core = await (await TestCore.make()).start({});
  const first = await startOne('relay-1', 2);
  const second = await startOne('relay-2', 1);
  const sends = [await hostAt(first, 'a'), await hostAt(first, 'b'), await hostAt(second, 'c')];
  const { dataDir } = core.config as { dataDir: string };
  const rights = { scopes: ['limits:write' as const], anyHost: false, created: Date.now(), expires: null };
  const authorization = `Bearer ${createToken(join(dataDir, 'tokens.json'), { name: 'alice', ...rights })}`;
  await until('all are with the core', async () => {
    const { relays: there } = await core.get<{ relays: unknown[] }>('/api/v1/limits');
    return there.length === 3;
  });
  const answer = await fetch(core.url('/api/v1/limits'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ cap: 'hits', most: MOST, why: 'a test' }),
  });
  expect(answer.status).toBe(200);
  const { order } = (await answer.json()) as { order: { id: string } };
  /** Of the cap, as each relay says it of its processes. */
  const parts = () =>
    Promise.all(
      relays.map(async ({ addresses }) => {
        const page = await (await fetch(`http://127.0.0.1:${addresses.http}/metrics`)).text();
        const line = page
          .split('\n')
          .find((one) => one.startsWith(`heliograph_relay_series_cap_most{order="${order.id}"}`));
        return Number(line?.split(' ').at(-1));
      }),
    );
  await until('the order is in force', async () => {
    const { relays: there } = await core.get<{ relays: { state: string }[] }>('/api/v1/limits');
    return there.every(({ state }) => state === 'in_force');
  });

  /** An instant of all hosts. @returns how many series went on as they are */
  const instant = async (...series: number[]) => {
    const time = Date.now();
    await Promise.all(sends.map((send, at) => send(series[at]!, time)));
    const all = series.reduce((sum, count) => sum + count, 0);
    const here = `(hits and timestamp(hits) > ${time / 1000 - 0.001})`;
    await until('every sample is there, in a series of its own or in a sum', async () => {
      return (await figure(`sum${here}`, time)) === all;
    });
    const own = await figure(`count(hits{user!=""} and timestamp(hits{user!=""}) > ${time / 1000 - 0.001})`, time);
    expect(own).toBeLessThanOrEqual(MOST);
    return own;
  };
  // One relay sees nearly all, and gets nearly all.
  await until('nothing is folded that has room', async () => (await instant(5, 5, 80)) === 90);
  expect((await parts())[1]).toBeGreaterThanOrEqual(80);
  // All want more than there is.
  await until('the cap is used up', async () => (await instant(80, 80, 80)) === MOST);
  // Two workers and one process, each a third: but for what is not worth a change.
  await until('equal parts', async () => {
    const [two, one] = await parts();
    return two! + one! === MOST && Math.abs(one! - MOST / 3) < MOST * 0.05;
  });
  for (let i = 0; i < 3; i++) expect(await instant(80, 80, 80)).toBe(MOST);
});
