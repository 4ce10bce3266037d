import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import type { QueryData } from '../../../core/ports/metric-store.ts';
import { systemClock } from '../../../lib/clock.ts';
import { parseConfig } from '../../../lib/config/load.ts';
import { silentLog } from '../../../lib/log.ts';
import { relayConfig } from '../../../relay/config.ts';
import { PATIENCE } from '../../../relay/workers/heartbeat.ts';
import { type RelayOfWorkers, startWorkers } from '../../../relay/workers/supervisor.ts';
import { samplesFrame, sentPage } from '../../relay/rollup/samples.ts';
import { connectClient } from '../../relay/setup.ts';
import { TestCore } from '../../support/core/core.ts';
import { until } from '../../support/until.ts';

let core: TestCore;
let relay: RelayOfWorkers | null = null;
const clients: MqttClient[] = [];
afterEach(async () => {
  for (const client of clients) client.end(true);
  await relay?.close();
  await core.remove();
});

const PAGE = sentPage([{ name: 'took_seconds' }]);
const HOSTS = ['h1', 'h2', 'h3', 'h4', 'h5'];
const INTERVAL_MS = 10_000;
const RULES = `
- name: took
  match: took_seconds
  interval: 10s
  lateness: 1s
  without: [instance]
  merge: core
  outputs: ["quantiles(0.5, 1)", count_samples, sum_samples]
- name: own
  match: took_seconds
  interval: 10s
  lateness: 1s
  without: [instance]
  outputs: [total, increase, rate_sum, sum, avg, min, max, last, count_series, count_samples, stddev, histogram(20), "quantiles(0.5, 1)"]
`;

async function values(query: string, time: number) {
  const { data } = await core.get<{ data: QueryData }>('/api/v1/query', { query, time: String(time / 1000) });
  return data.resultType === 'vector' ? data.result : [];
}

test('what the workers of one relay have is one answer', async () => {
  core = await (await TestCore.make()).start({ rollups: { grace: '2s' } });
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
    rollups: { rules, restartGrace: '1ms', snapshotEvery: '100ms' },
  };
  relay = await startWorkers(parseConfig('test.yaml', JSON.stringify(config), relayConfig), {
    ...{ log: silentLog, clock: systemClock, workerLog: null, patience: PATIENCE },
  });
  for (const host of HOSTS) {
    const files = await core.issue(host, 'collector');
    const client = await connectClient(relay.addresses.mqtt, files, host);
    clients.push(client);
    await client.publishAsync(`fleet/${host}/definitions`, Buffer.from(PAGE.content), { qos: 1 });
  }
  // Workers have the machine's clock: the window must be one that is open until all is there.
  let end = 0;
  let began = 0;
  for (let sequence = 1; end < Date.now(); sequence++) {
    end = Math.ceil(Date.now() / INTERVAL_MS) * INTERVAL_MS;
    began ||= end;
    for (const [i, host] of HOSTS.entries()) {
      const frame = samplesFrame(PAGE, sequence, [
        [end - 2, i + 1],
        [end - 1, 10 * (i + 1)],
      ]);
      await clients[i]!.publishAsync(`fleet/${host}/metric`, Buffer.from(frame), { qos: 1 });
    }
  }
  const [count] = await until('the window', async () => {
    const found = await values('{__name__="took_seconds:10s_without_instance_count_samples", relay=""}', end);
    return found.length > 0 ? found : null;
  });
  expect(count!.value[1]).toBe('10');
  const name = (output: string) => `{__name__="took_seconds:10s_without_instance_${output}"}`;
  const merged = (output: string, label = '') =>
    values(`{__name__="took_seconds:10s_without_instance_${output}", relay=""${label}}`, end);
  expect((await merged('sum_samples')).map(({ value }) => value[1])).toEqual(['165']);
  const most = await merged('quantiles', ', quantile="1"');
  expect(most.map(({ value }) => value[1])).toEqual(['50']);
  const parts = await values(name('relay_samples'), end);
  expect(parts.map(({ metric }) => metric.worker).sort()).toEqual(['0', '1']);
  expect(parts.reduce((sum, { value }) => sum + Number(value[1]), 0)).toBe(10);

  // The relay's own rule, as one process would have it.
  const own = (output: string) =>
    values(`{__name__="took_seconds:10s_without_instance_${output}", relay="relay-1", site="north"}`, end);
  const all = HOSTS.flatMap((_, i) => [i + 1, 10 * (i + 1)]);
  const mean = 165 / 10;
  // Counters of an earlier window begin anew.
  const increase = began === end ? 135 : 150;
  const expected = {
    ...{ increase, rate_sum: increase / 10, sum_samples: 165, avg: mean, min: 1, max: 50, last: 50 },
    ...{ count_series: 5, count_samples: 10, stddev: Math.sqrt(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 10) },
  };
  await until('the own window', async () => (await own('count_samples')).length > 0);
  for (const [output, value] of Object.entries(expected)) {
    const [found, ...others] = await own(output);
    expect(others).toEqual([]);
    expect(Number(found!.value[1]), output).toBeCloseTo(value, 9);
  }
  const earlier = ((end - began) / INTERVAL_MS) * 150;
  expect((await own('total')).map(({ value }) => Number(value[1]))).toEqual([135 + earlier]);
  const buckets = await own('histogram_bucket');
  expect(buckets.map(({ metric, value }) => [metric.le, value[1]])).toEqual([
    ['+Inf', '10'],
    ['20', String(all.filter((x) => x <= 20).length)],
  ]);
  expect(await own('histogram_count')).toEqual([]);
});
