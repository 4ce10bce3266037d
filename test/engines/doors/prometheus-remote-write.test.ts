import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { until } from '../../support/until.ts';
import { count, key, raw, ScrapedPrometheus } from './scraped-prometheus.ts';

/** A Prometheus writes to a core, which is stopped and started in between. */
let core: TestCore;
let prometheus: ScrapedPrometheus;

beforeAll(async () => {
  core = await (await TestCore.make()).start();
  prometheus = await ScrapedPrometheus.start(String(core.url('/api/v1/write')), 'site: north');
});

afterAll(async () => {
  await prometheus?.stop();
  await core.remove();
});

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
  const before = prometheus.scrapes;
  await until('scrapes go on while the core is away', async () => prometheus.scrapes > before + 4, {
    withinMs: 30_000,
  });
  await core.start({ http: { listen: `127.0.0.1:${port}` } });
  const restarted = prometheus.scrapes;
  await until('scrapes go on after it', async () => prometheus.scrapes > restarted + 4, { withinMs: 30_000 });

  const last = Date.now() / 1000 - 1;
  const wanted = await raw(prometheus.url, last);
  expect(wanted.length).toBeGreaterThan(55);
  const counted = count(wanted);
  await until('the core has caught up', async () => count(await raw(core.url('/'), last)) >= counted, {
    withinMs: 60_000,
  });
  const found = new Map((await raw(core.url('/'), last)).map(({ metric, values }) => [key(metric), values]));
  // Labels of the whole Prometheus stand on what it writes, not on what it answers.
  for (const { metric, values } of wanted) expect(found.get(key({ ...metric, site: 'north' }))).toEqual(values);
  expect(found.size).toBe(wanted.length);
  console.log(`${counted} samples of ${wanted.length} series, equal`);

  await prometheus.endTarget();
  const gone = async () =>
    (await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query: 'work_total' })).data.result.length === 0;
  await until('the stale marker has arrived', gone, { withinMs: 30_000 });
  expect((await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query: 'up' })).data.result[0]!.value[1]).toBe(
    '0',
  );
});
