import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Matrix, PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { until } from '../../support/until.ts';

const run = promisify(execFile);
const script = (name: string) => fileURLToPath(new URL(`../start/${name}`, import.meta.url));

/** Debian's Prometheus scrapes a target of the test and writes to a core, which is stopped and started in between. */
let core: TestCore;
let target: Server;
let folder: string;
let prometheus: string;
let scrapes = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heliograph-prometheus-'));
  core = await (await TestCore.make()).start();
  target = createServer((_, answer) => {
    scrapes++;
    const series = Array.from({ length: 50 }, (_, i) => `work_total{worker="w${i}"} ${scrapes * i}`);
    answer.end(
      [
        '# TYPE work_total counter',
        ...series,
        '# TYPE latency_seconds histogram',
        `latency_seconds_bucket{le="0.1"} ${scrapes}`,
        `latency_seconds_bucket{le="+Inf"} ${scrapes * 2}`,
        `latency_seconds_sum ${scrapes * 0.3}`,
        `latency_seconds_count ${scrapes * 2}`,
        '# TYPE odd gauge',
        'odd{value="nan"} NaN',
        'odd{value="inf"} -Inf',
        'odd{value="tiny",path="a\\\\b\\"c\\nd é"} 1e-300',
        '',
      ].join('\n'),
    );
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const config = join(folder, 'prometheus.yml');
  const scraped = `127.0.0.1:${(target.address() as AddressInfo).port}`;
  await writeFile(
    config,
    [
      'global: { scrape_interval: 500ms, scrape_timeout: 400ms, external_labels: { site: north } }',
      `remote_write: [{ url: '${core.url('/api/v1/write')}', queue_config: { batch_send_deadline: 200ms, max_backoff: 500ms } }]`,
      `scrape_configs: [{ job_name: shop, static_configs: [{ targets: ['${scraped}'] }] }]`,
    ].join('\n'),
  );
  const { stdout } = await run(script('start-prometheus.sh'), [config], { env: engineFolder() });
  prometheus = /^PROMETHEUS_URL=(.*)$/m.exec(stdout)![1]!;
});

afterAll(async () => {
  await run(script('stop.sh'), ['prometheus'], { env: engineFolder() });
  target.closeAllConnections();
  target.close();
  await core.remove();
  await rm(folder, { recursive: true, force: true });
});

/** A run folder of its own: another Prometheus may be running for another test. */
function engineFolder(): NodeJS.ProcessEnv {
  return { ...process.env, ENGINES_RUN: join(folder, 'run') };
}

async function raw(base: string | URL, time: number): Promise<Matrix['result']> {
  const url = new URL('/api/v1/query', base);
  url.searchParams.set('query', '{job="shop"}[10m]');
  url.searchParams.set('time', String(time));
  const answer = (await (await fetch(url)).json()) as PrometheusAnswer<Matrix>;
  return answer.data.result;
}

const key = (metric: Record<string, string>) => JSON.stringify(Object.entries(metric).sort());

test('every sample arrives bit for bit, over a restart of the core, and a series that ends is stale', async () => {
  await until(
    'a few scrapes were written',
    async () =>
      (await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query: 'count_over_time(up[5m]) > 4' })).data.result
        .length === 1,
    { withinMs: 30_000 },
  );
  const { port } = core.url('/');
  await core.stop();
  const before = scrapes;
  await until('scrapes go on while the core is away', async () => scrapes > before + 4, { withinMs: 30_000 });
  await core.start({ http: { listen: `127.0.0.1:${port}` } });
  const restarted = scrapes;
  await until('scrapes go on after it', async () => scrapes > restarted + 4, { withinMs: 30_000 });

  const last = Date.now() / 1000 - 1;
  const wanted = await raw(prometheus, last);
  expect(wanted.length).toBeGreaterThan(55);
  const counted = wanted.reduce((sum, { values }) => sum + values.length, 0);
  await until(
    'the core has caught up',
    async () => (await raw(core.url('/'), last)).reduce((sum, { values }) => sum + values.length, 0) >= counted,
    { withinMs: 60_000 },
  );
  const found = new Map((await raw(core.url('/'), last)).map(({ metric, values }) => [key(metric), values]));
  // Labels of the whole Prometheus stand on what it writes, not on what it answers.
  for (const { metric, values } of wanted) expect(found.get(key({ ...metric, site: 'north' }))).toEqual(values);
  expect(found.size).toBe(wanted.length);
  console.log(`${counted} samples of ${wanted.length} series, equal`);

  target.closeAllConnections();
  await new Promise((resolve) => target.close(resolve));
  const gone = async () =>
    (await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query: 'work_total' })).data.result.length === 0;
  await until('the stale marker has arrived', gone, { withinMs: 30_000 });
  expect((await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query: 'up' })).data.result[0]!.value[1]).toBe(
    '0',
  );
});
