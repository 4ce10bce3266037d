import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ThreeTiers } from '../../support/three-tiers.ts';
import { until } from '../../support/until.ts';

const closes: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

/** POST at a Unix socket or a port. */
function post(
  at: { socketPath: string } | { port: number },
  path: string,
  body: string | Buffer,
  type = 'application/json',
  headers = {},
) {
  return new Promise<{ status: number; text: string; headers: Record<string, unknown> }>((resolve, reject) => {
    const asked = request(
      { ...at, host: '127.0.0.1', path, method: 'POST', agent: false, headers: { 'content-type': type, ...headers } },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += chunk));
        answer.on('end', () => resolve({ status: answer.statusCode!, text, headers: answer.headers }));
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Latencies of a request in seconds, and what is exact about them. */
function latencies() {
  let seed = 3;
  const uniform = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed + 0.5) / 2 ** 32;
  };
  const values = Array.from({ length: 2000 }, () => Math.round(-Math.log(uniform()) * 80_000) / 1e6);
  const sorted = [...values].sort((a, b) => a - b);
  const exact = (phi: number) => {
    const rank = phi * (sorted.length - 1);
    const low = sorted[Math.floor(rank)]!;
    return low + (sorted[Math.ceil(rank)]! - low) * (rank % 1);
  };
  return { values, exact };
}

it('count and latency of a request come from an application to the core by each of the four', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'apps-'));
  closes.push(() => rmSync(directory, { recursive: true }));
  const { values, exact } = latencies();
  const bounds = [0.05, 0.1, 0.2, 0.5];
  const below = (bound: number) => values.filter((value) => value <= bound).length;
  const sum = values.reduce((all, value) => all + value, 0);
  const page = createServer((_, response) => {
    response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    const buckets = bounds.map((le) => `shop_seconds_bucket{le="${le}"} ${below(le)}\n`).join('');
    response.end(
      `# TYPE shop_requests counter\nshop_requests_total{path="/"} ${values.length}\n# TYPE shop_seconds histogram\n${buckets}shop_seconds_bucket{le="+Inf"} ${values.length}\nshop_seconds_sum ${sum}\nshop_seconds_count ${values.length}\n# EOF\n`,
    );
  });
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  closes.push(() => page.close());
  const scraped = `127.0.0.1:${(page.address() as AddressInfo).port}`;
  const socketPath = join(directory, 'ingest.sock');
  const tiers = await ThreeTiers.open(
    {
      applications: {
        statsd: { udp: '127.0.0.1:0', interval: '4s' },
        otlp: { listen: '127.0.0.1:0' },
        ingest: { path: socketPath },
        scrape: [{ job: 'shop', targets: [scraped], interval: '500ms', timeout: '500ms' }],
      },
    },
    { core: { rollups: { grace: '1s' } } },
  );
  closes.push(() => tiers.close());
  const { statsdPort, otlpPort } = tiers.collector.applications;

  const client = createSocket('udp4');
  closes.push(() => client.close());
  const send = (text: string) => new Promise((resolve) => client.send(text, statsdPort!, '127.0.0.1', resolve));
  // Right behind the end of an interval, so that all of it is in one window.
  await send('mark:1|c');
  await tiers.awaits('mark_total');
  for (let i = 0; i < values.length; i += 20) {
    await send(
      values
        .slice(i, i + 20)
        .map((value) => `req:${(value * 1000).toFixed(3)}|ms|#path:/\nreqs:1|c|#path:/`)
        .join('\n'),
    );
  }
  const now = Date.now();
  const nano = `${now}000000`;
  const attributes = [{ key: 'path', value: { stringValue: '/' } }];
  const counts = [...bounds, Number.POSITIVE_INFINITY].map((le, i) =>
    String(below(le) - (i === 0 ? 0 : below(bounds[i - 1]!))),
  );
  const point = { attributes, timeUnixNano: nano, startTimeUnixNano: nano };
  const otlp = {
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'pay' } }] },
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'pay.requests',
                unit: '1',
                sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ ...point, asInt: '2000' }] },
              },
              {
                name: 'pay.latency',
                unit: 's',
                histogram: {
                  aggregationTemporality: 1,
                  dataPoints: [{ ...point, count: '2000', sum, bucketCounts: counts, explicitBounds: bounds }],
                },
              },
            ],
          },
        ],
      },
    ],
  };
  expect((await post({ port: otlpPort! }, '/v1/metrics', JSON.stringify(otlp))).text).toBe('{}');
  const samples = (name: string, labels: object, value: number) => ({ name, labels, value, time: now });
  const pushed = {
    labels: { job: 'batch' },
    metrics: [
      samples('batch_requests_total', { path: '/' }, values.length),
      ...[...bounds, '+Inf'].map((le) =>
        samples('batch_seconds_bucket', { le: String(le) }, typeof le === 'number' ? below(le) : values.length),
      ),
    ],
    logs: [{ message: 'done, card 4111111111111111', level: 'error', service: 'batch' }],
  };
  const told = await post({ socketPath }, '/v1/ingest', JSON.stringify(pushed));
  expect(JSON.parse(told.text)).toEqual({ accepted: { samples: 6, lines: 1 }, rejected: [] });

  const one = async (query: string) => (await tiers.awaits(query))[0]!;
  expect(await one('reqs_total == 2000')).toEqual({
    labels: { __name__: 'reqs_total', instance: 'app-host', job: 'statsd', path: '/', site: 'north' },
    value: 2000,
  });
  expect((await one('req_seconds_count == 2000')).labels.path).toBe('/');
  expect((await one('req_seconds_sum')).value).toBeCloseTo(sum, 3);
  expect((await one('shop_requests_total')).labels).toEqual({
    __name__: 'shop_requests_total',
    exported_instance: scraped,
    instance: 'app-host',
    job: 'shop',
    path: '/',
    site: 'north',
  });
  expect(await one('pay_requests_total')).toMatchObject({
    labels: { instance: 'app-host', job: 'pay', path: '/' },
    value: 2000,
  });
  expect((await one('pay_latency_seconds_count')).value).toBe(2000);
  expect(await one('batch_requests_total')).toMatchObject({
    labels: { instance: 'app-host', job: 'batch' },
    value: 2000,
  });
  // A histogram's quantile is as good as its buckets, whichever way it came: all agree, and lie in the bucket of the exact one.
  for (const name of ['shop_seconds_bucket', 'pay_latency_seconds_bucket', 'batch_seconds_bucket']) {
    const { value } = await one(`histogram_quantile(0.99, sum by (le) (${name}))`);
    expect(exact(0.99)).toBeGreaterThan(0.2);
    expect(value).toBeGreaterThan(0.2);
    expect(value).toBeLessThanOrEqual(0.5);
  }
  // The sketches, window by window: all values are in them, once.
  await until(
    'all of the sketches',
    async () => (await tiers.query('sum(sum_over_time(req_seconds_count_samples[5m]))'))[0]?.value === 2000,
  );
  const windows = (await tiers.query('count_over_time(req_seconds_count_samples[5m])'))[0]!.value;
  const p99 = await tiers.query('max_over_time(req_seconds_quantiles{quantile="0.99"}[5m])');
  expect(p99[0]!.labels).toEqual({ instance: 'app-host', job: 'statsd', path: '/', quantile: '0.99' });
  expect(windows).toBe(1);
  expect(Math.abs(p99[0]!.value / exact(0.99) - 1)).toBeLessThan(1 / 256);
  const lines = await tiers.tiers.core.get<{ lines: { message: string }[] }>('/api/v1/logs', { q: 'card', limit: '5' });
  expect(JSON.stringify(lines)).toContain('done, card ****************');
});
