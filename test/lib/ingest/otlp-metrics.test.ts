import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { messageOfJson } from '../../../lib/ingest/json-message.ts';
import { Deltas } from '../../../lib/ingest/otlp/deltas.ts';
import type { MetricsRequest } from '../../../lib/ingest/otlp/messages.ts';
import { readOtlpMetrics } from '../../../lib/ingest/otlp/metrics.ts';
import { labelName, metricName } from '../../../lib/ingest/otlp/names.ts';
import { decodeMessage, messageType, readProtobuf } from '../../../lib/ingest/protobuf.ts';

const read = (name: string) =>
  readFileSync(new URL(`../../../proto/otlp/${name}.proto`, import.meta.url), 'utf8').replaceAll(
    /^(syntax|package) .*$/gm,
    '',
  );
const TYPE = messageType(
  `syntax = "proto3"; package otlp; ${read('common')} ${read('metrics')}`,
  'otlp.MetricsRequest',
);

const TIME = 1_700_000_000_000;
const nanos = (ms: number) => `${ms}000000`;
const attributes = (facts: Record<string, string>) =>
  Object.entries(facts).map(([key, value]) => ({ key, value: { stringValue: value } }));

/** The series of a request in JSON, and those of its binary form, which must be the same. */
function series(metrics: object[], deltas = new Deltas(), resource: object | null = null) {
  const json = { resourceMetrics: [{ ...(resource ? { resource } : {}), scopeMetrics: [{ metrics }] }] };
  const message = messageOfJson(TYPE, json);
  const bytes = TYPE.encode(message).finish();
  const decoded = readProtobuf('test', bytes, (reader) => decodeMessage<MetricsRequest>(TYPE, reader));
  const options = (sums: Deltas) => ({ client: 'c', gateway: 'g', deltas: sums, latest: TIME + 60_000 });
  const { batch } = readOtlpMetrics(message as unknown as MetricsRequest, options(deltas));
  const fresh = readOtlpMetrics(decoded, options(new Deltas())).batch;
  expect(fresh.series.map(({ series: { name } }) => name)).toEqual(
    readOtlpMetrics(message as unknown as MetricsRequest, options(new Deltas())).batch.series.map(
      ({ series: { name } }) => name,
    ),
  );
  const shown = batch.series.map(({ series: { name, labels }, from }) => {
    const text = [...labels]
      .sort()
      .map(([label, value]) => `${label}=${value}`)
      .join(',');
    return `${name}{${text}} ${batch.samples.value(from)}`;
  });
  return { batch, shown, codes: batch.rejected.map(({ index, code }) => `${index} ${code}`) };
}

const sum = (name: string, value: number, temporality: number, ms = TIME, facts: Record<string, string> = {}) => ({
  name,
  sum: {
    aggregationTemporality: temporality,
    isMonotonic: true,
    dataPoints: [{ timeUnixNano: nanos(ms), asInt: String(value), attributes: attributes(facts) }],
  },
});

describe('names', () => {
  test.each([
    ['http.server.request.duration', 's', 'other', 'http_server_request_duration_seconds'],
    ['requests', '1', 'counter', 'requests_total'],
    ['requests_total', '', 'counter', 'requests_total'],
    ['cpu.utilization', '1', 'gauge', 'cpu_utilization_ratio'],
    ['orders', '{order}', 'counter', 'orders_total'],
    ['disk.io', 'By/s', 'gauge', 'disk_io_bytes_per_second'],
    ['disk.bytes', 'By', 'counter', 'disk_bytes_total'],
    ['1st', '', 'other', '_1st'],
    ['a..b--c', '', 'other', 'a_b_c'],
    ['used', '%', 'gauge', 'used_percent'],
    ['odd', 'foo.bar', 'gauge', 'odd_foo_bar'],
    ['...', 's', 'gauge', ''],
  ] as const)('%s in %s as a %s is %s', (name, unit, kind, wanted) => {
    expect(metricName(name, unit, kind)).toBe(wanted);
  });

  test.each([
    ['http.method', 'http_method'],
    ['1a', 'key_1a'],
    ['__x', 'key__x'],
    ['_x', '_x'],
  ])('the attribute %s is the label %s', (attribute, label) => expect(labelName(attribute)).toBe(label));

  test('attributes that become one label are joined in the order of their names', () => {
    const { shown } = series([sum('a', 1, 2, TIME, { a_b: 'second', 'a.b': 'first' })]);
    expect(shown).toEqual(['a_total{a_b=first;second} 1']);
  });
});

describe('deltas', () => {
  test('one of a clock that is ahead does not make the true ones late', () => {
    const deltas = new Deltas();
    const resource = { attributes: attributes({ 'service.name': 'shop', 'os.type': 'linux' }) };
    const ahead = series([sum('d', 9, 1, TIME + 3_600_000)], deltas, resource);
    expect([ahead.shown, ahead.codes]).toEqual([[], ['0 HG_ITEM_TIME']]);
    expect(series([sum('d', 3, 1)], deltas).shown).toEqual(['d_total{gateway=g} 3']);
  });

  test('series that are idle make room for new ones, busy ones do not', () => {
    const deltas = new Deltas(2);
    const hour = 3_600_000;
    expect(deltas.add('idle', TIME, 1, [])).toBe(1);
    expect(deltas.add('busy', TIME, 1, [])).toBe(1);
    expect(deltas.add('new', TIME + 1, 1, [])).toBe('full');
    expect(deltas.add('busy', TIME + hour, 1, [])).toBe(2);
    expect(deltas.add('new', TIME + hour + 1, 5, [])).toBe(5);
    expect(deltas.add('busy', TIME + hour + 2, 1, [])).toBe(3);
    expect(deltas.add('newer', TIME + hour + 2, 1, [])).toBe('full');
  });

  test('are summed up, and a late or repeated one is refused', () => {
    const deltas = new Deltas();
    expect(series([sum('d', 3, 1)], deltas).shown).toEqual(['d_total{gateway=g} 3']);
    expect(series([sum('d', 4, 1, TIME + 1000)], deltas).shown).toEqual(['d_total{gateway=g} 7']);
    expect(series([sum('d', 4, 1, TIME + 1000)], deltas)).toMatchObject({ shown: [], codes: ['0 HG_ITEM_DUPLICATE'] });
    expect(series([sum('d', 1, 1, TIME + 2000)], deltas).shown).toEqual(['d_total{gateway=g} 8']);
  });

  test('of a batch that was not stored are taken back, and come again', () => {
    const deltas = new Deltas();
    series([sum('d', 3, 1)], deltas);
    const { batch } = series([sum('d', 4, 1, TIME + 1000)], deltas);
    for (const step of batch.undo) step();
    expect(series([sum('d', 4, 1, TIME + 1000)], deltas).shown).toEqual(['d_total{gateway=g} 7']);
  });

  test('beside cumulative points of the same name: two series; without a temporality: refused', () => {
    const { shown, codes } = series([sum('m', 1, 1), sum('m', 2, 2), sum('m', 3, 0)]);
    expect(shown).toEqual(['m_total{gateway=g} 1', 'm_total{} 2']);
    expect(codes).toEqual(['2 HG_ITEM_KIND']);
  });

  test('of exponential histograms, over a change of scale', () => {
    const deltas = new Deltas();
    const point = (scale: number, offset: number, counts: number[], ms: number) => ({
      name: 'e',
      exponentialHistogram: {
        aggregationTemporality: 1,
        dataPoints: [
          {
            timeUnixNano: nanos(ms),
            count: String(counts.reduce((a, b) => a + b, 0)),
            sum: 1,
            scale,
            positive: { offset, bucketCounts: counts.map(String) },
          },
        ],
      },
    });
    // Scale 1: (1, 1.41], (1.41, 2]; then scale 0: (1, 2], (2, 4].
    const first = series([point(1, 0, [1, 2], TIME)], deltas).shown;
    expect(first).toContain(`e_bucket{gateway=g,le=${2 ** 0.5}} 1`);
    expect(first).toContain('e_bucket{gateway=g,le=2} 3');
    const second = series([point(0, 0, [10, 20], TIME + 1)], deltas).shown;
    expect(second).toContain('e_bucket{gateway=g,le=2} 13');
    expect(second).toContain('e_bucket{gateway=g,le=4} 33');
    expect(second).toContain('e_count{gateway=g} 33');
  });
});

describe('histograms', () => {
  test('explicit buckets are cumulative by their bounds; a wrong number of them is refused', () => {
    const point = (counts: number[]) => ({
      name: 'h',
      unit: 'ms',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: [
          { timeUnixNano: nanos(TIME), count: '6', sum: 9.5, explicitBounds: [1, 2.5], bucketCounts: counts },
        ],
      },
    });
    expect(series([point([1, 2, 3])]).shown).toEqual([
      'h_milliseconds_bucket{le=1} 1',
      'h_milliseconds_bucket{le=2.5} 3',
      'h_milliseconds_bucket{le=+Inf} 6',
      'h_milliseconds_sum{} 9.5',
      'h_milliseconds_count{} 6',
    ]);
    expect(series([point([1, 2])]).codes).toEqual(['0 HG_ITEM_VALUE']);
  });

  test('exponential ones with negative values and zeros', () => {
    const { shown } = series([
      {
        name: 'e',
        exponentialHistogram: {
          aggregationTemporality: 2,
          dataPoints: [
            {
              timeUnixNano: nanos(TIME),
              count: 10,
              scale: 0,
              zeroCount: 3,
              zeroThreshold: 0.001,
              negative: { offset: 0, bucketCounts: [1, 0, 2] },
              positive: { offset: 1, bucketCounts: [4] },
            },
          ],
        },
      },
    ]);
    expect(shown).toEqual([
      'e_bucket{le=-4} 2',
      'e_bucket{le=-2} 2',
      'e_bucket{le=-1} 3',
      'e_bucket{le=0.001} 6',
      'e_bucket{le=4} 10',
      'e_bucket{le=+Inf} 10',
      'e_count{} 10',
    ]);
  });

  test('a scale of 20 over everything a double holds becomes few buckets, and nonsense is refused', () => {
    const huge = (scale: number, offset: number, counts: number[], count = 2) => ({
      name: 'e',
      exponentialHistogram: {
        aggregationTemporality: 2,
        dataPoints: [{ timeUnixNano: nanos(TIME), count, scale, positive: { offset, bucketCounts: counts } }],
      },
    });
    const wide = [1, ...Array.from({ length: 50_000 }, () => 0), 1];
    expect(series([huge(5, -25_000, wide)]).shown.length).toBeLessThan(170);
    expect(series([huge(-10, 2_000_000_000, [2])]).shown).toEqual(['e_bucket{le=+Inf} 2', 'e_count{} 2']);
    expect(series([huge(99, 0, [2])]).codes).toEqual(['0 HG_ITEM_VALUE']);
    expect(series([huge(0, 0, [2], 3)]).codes).toEqual(['0 HG_ITEM_VALUE']);
  });
});

describe('what is odd', () => {
  test('empty resources, scopes, metrics and points are nothing', () => {
    const message = messageOfJson(TYPE, {
      resourceMetrics: [{}, { resource: {} }, { scopeMetrics: [{}, { metrics: [{}, { name: 'x', gauge: {} }] }] }],
    });
    const { batch } = readOtlpMetrics(message as unknown as MetricsRequest, {
      client: 'c',
      gateway: 'g',
      deltas: new Deltas(),
      latest: TIME,
    });
    expect([batch.series, batch.rejected]).toEqual([[], []]);
  });

  test('target_info with the attributes that do not identify', () => {
    const resource = {
      attributes: attributes({ 'service.name': 'shop', 'service.namespace': 'eu', 'os.type': 'linux' }),
    };
    expect(series([sum('a', 1, 2)], new Deltas(), resource).shown).toEqual([
      'a_total{job=eu/shop} 1',
      'target_info{job=eu/shop,os_type=linux} 1',
    ]);
  });

  test('a point without a recorded value ends its series', () => {
    const { batch } = series([{ name: 'a', gauge: { dataPoints: [{ timeUnixNano: nanos(TIME), flags: 1 }] } }]);
    const words = new Uint32Array(2);
    batch.samples.copyTo(0, words, 0);
    expect([...words]).toEqual([2, 0x7ff00000]);
  });

  test.each([
    { resourceMetrics: {} },
    { resourceMetrics: [17] },
    { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 5 }] }] }] },
    { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints: [{ asDouble: 'x' }] } }] }] }] },
    { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints: [{ asInt: 1.5 }] } }] }] }] },
  ])('JSON of another shape is refused with its place: %j', (json) => {
    expect(() => messageOfJson(TYPE, json)).toThrow(/HG_DOOR_SYNTAX.*resourceMetrics/);
  });

  test('names of JavaScript’s own are fields like others', () => {
    const json = JSON.parse('{"__proto__": {"a": 1}, "constructor": 5, "resourceMetrics": []}') as object;
    expect(messageOfJson(TYPE, json)).toMatchObject({ resourceMetrics: [] });
  });
});
