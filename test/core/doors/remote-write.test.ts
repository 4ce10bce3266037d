import { gzipSync, zstdCompressSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { compressSync } from 'snappy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Matrix, PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { type Answer, send } from '../../support/core/send.ts';

/** Requests as a client that knows nothing of this project writes them. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Label { string name = 1; string value = 2; }
  message Sample { double value = 1; int64 timestamp = 2; }
  message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
  message Histogram { uint64 count_int = 1; double sum = 3; int64 timestamp = 15; }
  message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; repeated Histogram histograms = 4; }
  message Metadata { int32 type = 1; string metric_family_name = 2; string help = 4; }
  message WriteRequest { repeated TimeSeries timeseries = 1; repeated Metadata metadata = 3; }
  message Metadata2 { int32 type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
  message TimeSeries2 { repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated Histogram histograms = 3; repeated Exemplar exemplars = 4; Metadata2 metadata = 5; int64 created_timestamp = 6; }
  message Request { repeated string symbols = 4; repeated TimeSeries2 timeseries = 5; }
`);
const V1 = root.lookupType('WriteRequest');
const V2 = root.lookupType('Request');
const V2_TYPE = { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request' };

let core: TestCore;
beforeAll(async () => {
  core = await (await TestCore.make()).start();
});
afterAll(() => core.remove());

const now = Date.now();
const labels = (own: Record<string, string>) => Object.entries(own).map(([name, value]) => ({ name, value }));

function write(type: protobuf.Type, message: object, headers: Record<string, string> = {}): Promise<Answer> {
  const bytes = compressSync(Buffer.from(type.encode(type.fromObject(message)).finish()));
  return send(core, '/api/v1/write', bytes, { 'content-encoding': 'snappy', ...headers });
}

async function vector(query: string): Promise<Vector['result']> {
  return (await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query })).data.result;
}

const written = ({ headers }: Answer) => headers.get('x-prometheus-remote-write-samples-written');

describe('1.0', () => {
  test('samples with their own instance, several of a series, out of order', async () => {
    const answer = await write(V1, {
      timeseries: [
        {
          labels: labels({ __name__: 'v1', instance: 'a:9100', job: 'node' }),
          samples: [
            { value: 3, timestamp: now - 1000 },
            { value: 1, timestamp: now - 3000 },
            { value: 2, timestamp: now - 2000 },
          ],
          exemplars: [{ value: 1, timestamp: now }],
        },
      ],
      metadata: [{ type: 1, metricFamilyName: 'v1', help: 'help' }],
    });
    expect([answer.status, written(answer)]).toEqual([204, '3']);
    const { data } = await core.get<PrometheusAnswer<Matrix>>('/api/v1/query', { query: 'v1[1m]' });
    expect(data.result[0]!.metric).toEqual({ __name__: 'v1', instance: 'a:9100', job: 'node' });
    expect(data.result[0]!.values.map(([, value]) => value)).toEqual(['1', '2', '3']);
  });

  test('gzip and zstd are taken, too', async () => {
    for (const [encoding, pack] of [
      ['gzip', gzipSync],
      ['zstd', zstdCompressSync],
    ] as const) {
      const series = { labels: labels({ __name__: `packed_${encoding}` }), samples: [{ value: 1, timestamp: now }] };
      const bytes = pack(V1.encode(V1.fromObject({ timeseries: [series] })).finish());
      expect((await send(core, '/api/v1/write', bytes, { 'content-encoding': encoding })).status).toBe(204);
      expect(await vector(`packed_${encoding}`)).toHaveLength(1);
    }
  });

  test('a stale marker keeps its bits', async () => {
    const stale = V1.encode(
      V1.fromObject({
        timeseries: [{ labels: labels({ __name__: 'ends' }), samples: [{ value: 1.5, timestamp: now }] }],
      }),
    ).finish();
    // 1.5 as it stands in the bytes, replaced by Prometheus' signalling NaN.
    const at = Buffer.from(stale).indexOf(Buffer.from([0, 0, 0, 0, 0, 0, 0xf8, 0x3f]));
    stale.set([2, 0, 0, 0, 0, 0, 0xf0, 0x7f], at);
    await write(V1, {
      timeseries: [{ labels: labels({ __name__: 'ends' }), samples: [{ value: 7, timestamp: now - 1000 }] }],
    });
    expect(await vector('ends')).toHaveLength(1);
    const answer = await send(core, '/api/v1/write', compressSync(Buffer.from(stale)), {
      'content-encoding': 'snappy',
    });
    expect(answer.status).toBe(204);
    expect(await vector('ends')).toHaveLength(0);
  });

  test('what is bad is refused with 400, and what is good beside it is stored', async () => {
    const good = { labels: labels({ __name__: 'beside' }), samples: [{ value: 1, timestamp: now }] };
    const answer = await write(V1, {
      timeseries: [
        good,
        { labels: [...labels({ __name__: 'double', a: '1' }), { name: 'a', value: '2' }], samples: good.samples },
        { labels: [...labels({ __name__: 'x' }), { name: '__name__', value: 'y' }], samples: good.samples },
        { labels: labels({ a: 'nameless' }), samples: good.samples },
        { labels: labels({ __name__: 'future' }), samples: [{ value: 1, timestamp: now + 86_400_000 }] },
        { labels: labels({ __name__: 'native' }), histograms: [{ countInt: 1, sum: 1, timestamp: now }] },
      ],
    });
    expect([answer.status, written(answer)]).toEqual([400, '1']);
    expect(answer.text).toContain('5 samples were refused, 1 are stored');
    for (const code of ['HG_ITEM_LABELS', 'HG_ITEM_NAME', 'HG_ITEM_TIME', 'HG_ITEM_KIND']) {
      expect(answer.text).toContain(code);
    }
    expect(await vector('beside')).toHaveLength(1);
  });

  test('many series of one instant and few of many keep every sample', async () => {
    const wide = Array.from({ length: 700 }, (_, i) => ({
      labels: labels({ __name__: 'wide', id: String(i) }),
      samples: [{ value: i, timestamp: now - (i % 7) * 1000 }],
    }));
    expect(written(await write(V1, { timeseries: wide }))).toBe('700');
    // The same series, each at its own times: their page is sparse now.
    const sparse = wide.map(({ labels: own }, i) => ({
      labels: own,
      samples: [{ value: i + 1, timestamp: now - 20_000 - i * 13 }],
    }));
    expect(written(await write(V1, { timeseries: sparse }))).toBe('700');
    expect((await vector('count(count_over_time(wide[5m]) == 2)'))[0]!.value[1]).toBe('700');
    expect((await vector('sum(sum_over_time(wide[5m]))'))[0]!.value[1]).toBe(String(699 * 700 + 700));
  });
});

describe('2.0', () => {
  const symbols = ['', '__name__', 'v2', 'instance', 'b:9100', 'help'];

  test('symbols, and the headers that say what was written', async () => {
    const answer = await write(
      V2,
      {
        symbols,
        timeseries: [
          {
            labelsRefs: [1, 2, 3, 4],
            samples: [{ value: 5, timestamp: now }],
            metadata: { type: 1, helpRef: 5 },
            createdTimestamp: now - 1,
          },
        ],
      },
      V2_TYPE,
    );
    expect(answer.status).toBe(204);
    const headers = ['samples', 'histograms', 'exemplars'].map((what) =>
      answer.headers.get(`x-prometheus-remote-write-${what}-written`),
    );
    expect(headers).toEqual(['1', '0', '0']);
    expect((await vector('v2'))[0]).toMatchObject({ metric: { instance: 'b:9100' }, value: [expect.anything(), '5'] });
  });

  test.each([
    ['a symbol that is not there', [1, 2, 3, 99]],
    ['a label without a value', [1, 2, 3]],
  ])('%s', async (_, labelsRefs) => {
    const answer = await write(
      V2,
      { symbols, timeseries: [{ labelsRefs, samples: [{ value: 1, timestamp: now }] }] },
      V2_TYPE,
    );
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('HG_DOOR_SYNTAX')]);
  });

  test('a body of one version under the name of the other is refused', async () => {
    const series = { samples: [{ value: 1, timestamp: now }] };
    const first = await write(V1, { timeseries: [{ labels: labels({ __name__: 'wrong' }), ...series }] }, V2_TYPE);
    const second = await write(V2, { symbols, timeseries: [{ labelsRefs: [1, 2], ...series }] });
    for (const { status, text } of [first, second])
      expect([status, text]).toEqual([400, expect.stringContaining('version')]);
    expect(await vector('wrong')).toHaveLength(0);
  });
});
