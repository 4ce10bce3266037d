import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { compressSync } from 'snappy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TwoTiers } from '../../support/two-tiers.ts';
import { post, writeRequest } from './prometheus.ts';

const MIB = 1 << 20;
/** What a relay may take beside what it has already while it refuses one of these: the body, packed and unpacked, and some copies of it. */
const MOST_MORE = 450 * MIB;

let tiers: TwoTiers;
let door: number;
beforeAll(async () => {
  tiers = await TwoTiers.open({ core: {}, relay: { doors: { http: { listen: '127.0.0.1:0' } } } });
  door = tiers.relay.addresses.doors;
  await post(door, '/api/v1/write', writeRequest([{ labels: { __name__: 'up' }, samples: [[Date.now(), 1]] }]));
}, 60_000);
afterAll(() => tiers.close());

const V2_TYPE = 'application/x-protobuf;proto=io.prometheus.write.v2.Request';
/** A connection that idles while a body is made would be closed just when it is used again. */
const CLOSE = { connection: 'close' };
const JSON_TYPE = 'application/json';
const PATHS = { remote_write: '/api/v1/write', otlp_http_metrics: '/v1/metrics', otlp_http_logs: '/v1/logs' };
type Door = keyof typeof PATHS;

/** `part` so often that it fills 16 MiB, a quarter of what a body may unpack to. */
const many = (part: Uint8Array | string) => Buffer.alloc(16 * MIB, part);
/** A part under a tag, with its length. */
function under(tag: number, ...inside: readonly Uint8Array[]): Buffer {
  const all = Buffer.concat(inside);
  const length: number[] = [];
  for (let left = all.length; ; left = Math.floor(left / 128)) {
    length.push(left >= 128 ? (left & 127) | 128 : left);
    if (left < 128) break;
  }
  return Buffer.concat([Buffer.from([tag, ...length]), all]);
}
const EMPTY = Buffer.from([10, 0]);
const SECOND = Buffer.from([18, 0]);
const text = (tag: number, characters: number) => under(tag, Buffer.alloc(characters, 'x'));
/** RW 2.0: symbols '' and one of a megabyte, and series that name it, each with one sample. */
const longText = () => {
  const sample = under(18, Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 0, 16, 1]));
  const series = under(42, Buffer.from([10, 2, 0, 1]), sample);
  return Buffer.concat([Buffer.from([34, 0]), text(34, MIB), Buffer.alloc(series.length * 200_000, series)]);
};
/** OTLP lines of nothing, under a resource with many attributes, or with a long one. */
const linesUnder = (resource: Uint8Array) =>
  under(10, under(10, resource), under(18, Buffer.alloc(2 * 200_000, SECOND)));
const attribute = under(10, text(10, 1));
const points = (data: number, part: Uint8Array) =>
  under(10, under(18, under(18, text(10, 1), under(data, Buffer.alloc(16 * MIB, part)))));

const BODIES: readonly [what: string, door: Door, type: string, body: () => Uint8Array][] = [
  ['series of nothing', 'remote_write', '', () => many(EMPTY)],
  ['parts that are read over', 'remote_write', '', () => many(Buffer.from([26, 0]))],
  ['a series of empty labels', 'remote_write', '', () => under(10, many(EMPTY))],
  ['a series of empty samples', 'remote_write', '', () => under(10, many(SECOND))],
  ['2.0: symbols of nothing', 'remote_write', V2_TYPE, () => many(Buffer.from([34, 0]))],
  ['2.0: a series of numbers of symbols', 'remote_write', V2_TYPE, () => under(42, under(10, many(Buffer.from([1]))))],
  ['resources of nothing', 'otlp_http_metrics', '', () => many(EMPTY)],
  ['numbers of nothing', 'otlp_http_metrics', '', () => points(42, EMPTY)],
  ['histograms of nothing', 'otlp_http_metrics', '', () => points(74, EMPTY)],
  ['deltas of nothing', 'otlp_http_metrics', '', () => points(58, EMPTY)],
  ['lines of nothing', 'otlp_http_logs', '', () => under(10, under(18, many(SECOND)))],
  ['many attributes for each of many lines', 'otlp_http_logs', '', () => linesUnder(Buffer.alloc(50_000, attribute))],
  [
    'a long attribute for each of many lines',
    'otlp_http_logs',
    '',
    () => linesUnder(under(10, text(10, 1), under(18, text(10, MIB)))),
  ],
  [
    'objects of nothing',
    'otlp_http_logs',
    JSON_TYPE,
    () => Buffer.concat([Buffer.from('{"resourceLogs":['), many('{},'), Buffer.from('{}]}')]),
  ],
  ['a list of ones', 'otlp_http_metrics', JSON_TYPE, () => Buffer.concat([Buffer.from('['), many('1,')])],
];

async function refused(name: string): Promise<number> {
  const label = `heliograph_relay_door_refused_requests_total{door="${name}",code="HG_DOOR_BODY"} `;
  const page = await fetch(`http://127.0.0.1:${tiers.relay.addresses.http}/metrics`, { headers: CLOSE });
  const line = (await page.text()).split('\n').find((one) => one.startsWith(label));
  return Number(line?.slice(label.length) ?? 0);
}

test.each(BODIES)('%s: refused by count, with bounded memory', { timeout: 60_000 }, async (_, name, type, body) => {
  const packed = gzipSync(body());
  const before = await refused(name);
  const most = process.resourceUsage().maxRSS * 1024;
  const headers = { ...CLOSE, 'content-encoding': 'gzip', ...(type === '' ? {} : { 'content-type': type }) };
  const answer = await post(door, PATHS[name], packed, headers);
  const words = Buffer.from(await answer.arrayBuffer()).toString('latin1');
  expect([answer.status, /more than \d+ [a-z ]+ in one request/.test(words)], words).toEqual([413, true]);
  expect(await refused(name)).toBe(before + 1);
  expect(process.resourceUsage().maxRSS * 1024 - most).toBeLessThan(MOST_MORE);
});

test('a text of a megabyte that 200,000 series name is refused for each of them, in seconds', {
  timeout: 60_000,
}, async () => {
  const before = process.cpuUsage();
  const answer = await post(door, '/api/v1/write', zstdCompressSync(longText()), {
    ...{ ...CLOSE, 'content-encoding': 'zstd', 'content-type': V2_TYPE },
  });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('HG_ITEM_LABELS');
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(10);
});

test.each<[string, () => Uint8Array]>([
  ['gzip', () => gzipSync(Buffer.alloc(128 * MIB))],
  ['deflate', () => deflateSync(Buffer.alloc(128 * MIB))],
  ['zstd', () => zstdCompressSync(Buffer.alloc(256 * MIB))],
  ['br', () => brotliCompressSync(Buffer.alloc(128 * MIB), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ['snappy', () => compressSync(Buffer.alloc(80 * MIB))],
  // What it says of itself, and nothing behind it.
  ['snappy', () => Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f)],
])('a bomb of %s ends in an error, with bounded memory', { timeout: 60_000 }, async (encoding, bomb) => {
  const packed = bomb();
  const most = process.resourceUsage().maxRSS * 1024;
  const answer = await post(door, '/api/v1/write', packed, { ...CLOSE, 'content-encoding': encoding });
  expect([answer.status, await answer.text()]).toEqual([413, expect.stringContaining('when it is unpacked')]);
  expect(process.resourceUsage().maxRSS * 1024 - most).toBeLessThan(MOST_MORE);
});

test('the door goes on', async () => {
  const body = writeRequest([{ labels: { __name__: 'up' }, samples: [[Date.now(), 1]] }]);
  expect((await post(door, '/api/v1/write', body)).status).toBe(204);
});
