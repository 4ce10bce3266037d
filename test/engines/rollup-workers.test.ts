import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { QueryData } from '../../core/ports/metric-store.ts';
import { systemClock } from '../../lib/clock.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { silentLog } from '../../lib/log.ts';
import { relayConfig } from '../../relay/config.ts';
import { PATIENCE } from '../../relay/workers/heartbeat.ts';
import { type RelayOfWorkers, startWorkers } from '../../relay/workers/supervisor.ts';
import { seededRandom } from '../../simulator/random.ts';
import { samplesFrame, sentPage } from '../relay/rollup/samples.ts';
import { TestCore } from '../support/core/core.ts';
import { until } from '../support/until.ts';
import { askEngine, buildEngine } from './promql/prometheus-engine.ts';
import { asSeries, BOUNDS, CODES, checksByCode, PHIS, type Sample } from './rollup/raw-samples.ts';
import { SendingHost } from './rollup/sending-host.ts';

/**
 * Roll-ups of a relay in two processes beside what the real Prometheus computes from the raw samples: through kill -9 of both, one after the other, hosts
 * that go from one to the other, and a host that comes late.
 */
const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 2 ** 31));
const random = seededRandom(seed);
const HOSTS = ['h0', 'h1', 'h2', 'h3', 'h4', 'h5'];
const INTERVAL_MS = 5_000;
const WINDOWS = 4;
const LATENESS_MS = 9_000;
const GRACE_MS = 2_000;
const OUTPUTS = `[total, increase, rate_sum, sum, avg, min, max, last, stddev, count_series, count_samples, "histogram(${BOUNDS})", "quantiles(${PHIS})"]`;
const RULE = `match: m, interval: 5s, lateness: ${LATENESS_MS}ms, by: [code], outputs: ${OUTPUTS}`;
const RULES = `
- {name: own, ${RULE}}
- {name: merged, merge: core, ${RULE}}
`;
const PAGE = sentPage(CODES.map((code) => ({ name: 'm', labels: { code } })));
/** What no rule by code can be compared with by a series of its own. */
const MORE_CHECKS = [
  ['last', 'last_over_time(merged[5s])', 0],
  ['stddev', 'stddev_over_time(merged[5s])', 1e-9],
] as const;

let core: TestCore;
let relay: RelayOfWorkers;
let hosts: SendingHost[] = [];

beforeAll(async () => {
  core = await (await TestCore.make()).start({ rollups: { grace: `${GRACE_MS}ms` } });
  const { ca, cert, key } = await core.issue('relay-1', 'relay');
  const rules = join(core.directory, 'rollups.yaml');
  writeFileSync(rules, RULES);
  const config = {
    name: 'relay-1',
    site: 'north',
    workers: 2,
    dataDir: join(core.directory, 'relay'),
    mqtt: { listen: '127.0.0.1:0' },
    http: { listen: '127.0.0.1:0' },
    tls: { ca, cert, key },
    cores: [`127.0.0.1:${core.port}`],
    rollups: { rules, restartGrace: '2s', snapshotEvery: '1s' },
  };
  relay = await startWorkers(parseConfig('test.yaml', JSON.stringify(config), relayConfig), {
    ...{ log: silentLog, clock: systemClock, workerLog: null, patience: PATIENCE },
  });
  hosts = await Promise.all(
    HOSTS.map(async (name) => new SendingHost(name, PAGE, relay.addresses.mqtt, await core.issue(name, 'collector'))),
  );
});
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  await relay?.close();
  await core?.remove();
});

async function query(text: string, time: number) {
  const { data } = await core.get<{ data: QueryData }>('/api/v1/query', {
    ...{ query: text, time: String(time / 1000), lookback_delta: '1s' },
  });
  return data.resultType === 'vector' ? data.result : [];
}

async function relayMetric(name: string): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${relay.addresses.http}/metrics`)).text();
  const lines = page.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** Sends for some windows, and does to relay and hosts what may happen to them. @returns all samples, by time */
async function send(begin: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const counters = HOSTS.map(() => CODES.map(() => 0));
  const sequences = HOSTS.map(() => 0);
  for (const host of hosts) host.start();
  const ticks = (WINDOWS * INTERVAL_MS) / 500;
  for (let tick = 0; tick < ticks; tick++) {
    await until('the next tick', () => Date.now() >= begin + tick * 500, { everyMs: 10 });
    for (const [h, host] of HOSTS.entries()) {
      const own = counters[h]!;
      for (const c of own.keys())
        own[c] = random() < 0.05 ? Math.floor(random() * 10) : own[c]! + Math.floor(random() * 50);
      const values = own.map((value) => (random() < 0.1 ? null : value));
      if (values.every((value) => value === null)) continue;
      // No two have one time.
      const time = begin + tick * 500 + 1 + h;
      samples.push({ host, time, values });
      const sequence = ++sequences[h]!;
      const row = [time, ...values.map((value) => value ?? Number.NaN)];
      hosts[h]!.add(sequence, (floor) => samplesFrame(PAGE, sequence, [row] as never, floor));
    }
    if (tick === 9) process.kill(relay.pids()[0]!, 'SIGKILL');
    if (tick === 22) process.kill(relay.pids()[1]!, 'SIGKILL');
    // From one worker to the other, where it is that one's turn.
    if (tick % 7 === 3) hosts[(tick / 7) | 0]!.leave();
    hosts[5]!.cutOff = tick >= 12 && tick < 20;
  }
  await until('all is acknowledged', () => {
    const waiting = hosts.filter((host) => host.waiting > 0);
    if (waiting.length > 0) throw new Error(waiting.map((host) => `${host.waiting} wait: ${host.trouble}`).join('; '));
    return true;
  });
  return samples;
}

test(`two workers of a relay come to what Prometheus computes, seed ${seed}`, { timeout: 120_000 }, async () => {
  const program = await buildEngine();
  const begin = (Math.ceil(Date.now() / INTERVAL_MS) + 1) * INTERVAL_MS;
  const samples = await send(begin);
  const last = begin + WINDOWS * INTERVAL_MS;
  for (const relayLabel of ['relay-1', '']) {
    const name = `{__name__="m:5s_by_code_count_samples", relay="${relayLabel}"}`;
    await until('the last window', async () => (await query(name, last)).length === CODES.length, { withinMs: 40_000 });
  }
  expect(await relayMetric('heliograph_relay_worker_restarts_total')).toBeGreaterThanOrEqual(2);
  const ends = Array.from({ length: WINDOWS }, (_, i) => begin + (i + 1) * INTERVAL_MS);
  const checks = [...checksByCode('5s'), ...MORE_CHECKS];
  const queries = checks.flatMap(([output, text, error]) => ends.map((time) => ({ output, text, error, time })));
  const answers = await askEngine(program, asSeries(samples), queries);
  const wrong: string[] = [];
  const totals = new Map<string, number>();
  let compared = 0;
  for (const [i, { output, text, error, time }] of queries.entries()) {
    const answer = answers[i]!;
    if (!('data' in answer) || answer.data.resultType !== 'vector')
      throw new Error(`${text}: ${JSON.stringify(answer)}`);
    const [suffix, phi] = output.split('/');
    const quantile = phi ? `, quantile="${phi}"` : '';
    for (const [origin, label] of [
      ['own', 'relay="relay-1", site="north"'],
      ['merged', 'relay="", site=""'],
    ] as const) {
      const found = await query(`{__name__="m:5s_by_code_${suffix}", ${label}${quantile}}`, time);
      for (const { metric, value } of answer.data.result) {
        const { code, le } = metric as Record<string, string>;
        const mine = found.find(({ metric: its }) => its.code === code && its.le === le);
        const want = Number(value[1]);
        const got = Number(mine?.value[1]);
        compared++;
        const at = `${origin} ${output}{code=${code}} of window ${(time - begin) / INTERVAL_MS}`;
        if (!(Math.abs(got - want) <= error * Math.abs(want))) wrong.push(`${at}: ${got}, and ${text} is ${want}`);
        if (output !== 'increase') continue;
        const total = (totals.get(`${origin} ${code}`) ?? 0) + want;
        totals.set(`${origin} ${code}`, total);
        const [run] = await query(`{__name__="m:5s_by_code_total", code="${code}", ${label}}`, time);
        if (Number(run?.value[1]) !== total) wrong.push(`${at} as a total: ${run?.value[1]}, and not ${total}`);
      }
    }
  }
  const again = core.registry
    .render()
    .split('\n')
    .filter((line) => line.includes('recomputed_total{'));
  console.log(`seed ${seed}: ${compared} values compared; ${again.join(' ')}`);
  expect(wrong.join('\n'), `seed ${seed}`).toBe('');
  expect(compared).toBeGreaterThan(300);
});
