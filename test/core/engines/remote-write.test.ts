import { zstdDecompressSync } from 'node:zlib';
import { uncompressSync } from 'snappy';
import { expect, test } from 'vitest';
import { compressBody } from '../../../core/engines/victoriametrics/compress.ts';
import { encodeRequest, halves, partsOf, seriesIn } from '../../../core/engines/victoriametrics/encode.ts';
import { SeriesBytes } from '../../../core/engines/victoriametrics/series-bytes.ts';
import { encodeSnappyRequest } from '../../../core/engines/victoriametrics/snappy-request.ts';
import { Unconfirmed } from '../../../core/engines/victoriametrics/unconfirmed.ts';
import { flatLabels } from '../../../core/metrics/target-labels.ts';
import { readRemoteWrite } from '../../../lib/ingest/remote-write.ts';
import { seededRandom } from '../../../simulator/random.ts';
import { pageOf } from '../../contracts/metric-frames.ts';

const LIMITS = { maxLabels: 30, maxNameLength: 256, maxValueLength: 1024 };
const space = (bytes: number) => Buffer.alloc(bytes, 0xff);

/** What a request says: labels in order, and samples of each series. */
function read(bytes: Uint8Array): Map<string, [number, number][]> {
  const batch = readRemoteWrite(bytes);
  const found = new Map<string, [number, number][]>();
  for (const { series, from, to } of batch.series) {
    const labels = [['__name__', series.name], ...series.labels].sort(([a], [b]) => (a! < b! ? -1 : 1)).flat();
    const key = JSON.stringify(labels);
    expect(found.has(key)).toBe(false);
    const samples = Array.from({ length: to - from }, (_, i): [number, number] => [
      batch.samples.times[from + i]!,
      batch.samples.value(from + i),
    ]);
    found.set(key, samples);
  }
  return found;
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])('what is encoded is read back, whatever is left out of it: seed %i', (seed) => {
  const random = seededRandom(seed);
  const addresses = 1 + Math.floor(random() * 3);
  const series = new SeriesBytes(addresses, 2, LIMITS);
  const pages = Array.from({ length: 3 }, (_, p) =>
    pageOf(
      Array.from({ length: 1 + Math.floor(random() * 40) }, (_, i): [string, Record<string, string>] => [
        `metric_${p}_${i}`,
        random() < 0.3 ? { instance: `own-${i}`, a: 'x'.repeat(Math.floor(random() * 200)) } : { größe: `µ${i}` },
      ]),
    ),
  );
  const targets: Record<string, string>[] = [
    { instance: 'h1', site: 'north' },
    { instance: 'a longer name of a host' },
  ];
  const wanted = new Map<string, [number, number][]>();
  const rows = Array.from({ length: 12 }, (_, r) => {
    const page = pages[Math.floor(random() * pages.length)]!;
    const target = targets[Math.floor(random() * targets.length)]!;
    const n = page.series.length;
    const first = random() < 0.1 ? -5_000_000 : 1_700_000_000_000;
    const times = Float64Array.from({ length: 1 + Math.floor(random() * 4) }, (_, i) => first + r * 1_000 + i);
    const values = Float64Array.from({ length: times.length * n }, () =>
      random() < 0.5 ? Math.floor(random() * 3) * 1_000 : (random() - 0.5) * 1e6,
    );
    const mask = random() < 0.5 ? null : Uint8Array.from(values, () => (random() < 0.7 ? 1 : 0));
    for (const [j, one] of page.series.entries()) {
      const key = JSON.stringify(flatLabels(one, target));
      const list = wanted.get(key) ?? [];
      wanted.set(key, list);
      times.forEach((time, i) => {
        if (mask === null || mask[i * n + j] === 1) list.push([time, values[i * n + j]!]);
      });
    }
    return { group: series.of(page, target), times, values, mask };
  });
  for (const [key, list] of wanted) if (list.length === 0) wanted.delete(key);
  const copies = new Map<string, number>();
  for (let address = 0; address < addresses; address++) {
    const parts = partsOf(rows, address);
    const whole = encodeRequest(parts, space);
    const found = read(whole.bytes);
    const packed = encodeSnappyRequest(parts, space);
    expect(Buffer.compare(uncompressSync(packed.bytes as Buffer) as Buffer, whole.bytes)).toBe(0);
    expect(packed.samples).toBe(whole.samples);
    for (const [key, samples] of found) {
      expect(samples).toEqual(wanted.get(key));
      copies.set(key, (copies.get(key) ?? 0) + 1);
    }
    expect(whole.samples).toBe([...found.values()].reduce((sum, list) => sum + list.length, 0));
    // Two halves say what the whole says, each series in one of them; down to single series.
    if (seriesIn(parts) < 2) continue;
    const [first, second] = halves(parts);
    expect(seriesIn(first) + seriesIn(second)).toBe(seriesIn(parts));
    const both = [first, second].flatMap((half) => [...read(encodeRequest(half, space).bytes)]);
    expect(new Map(both)).toEqual(found);
    expect(both).toHaveLength(found.size);
  }
  expect(new Set(copies.keys())).toEqual(new Set(wanted.keys()));
  for (const count of copies.values()) expect(count).toBe(Math.min(2, addresses));
});

test.each([
  ['of the usual size', 100, 40],
  ['larger than a short copy reaches', 256, 600],
])('hosts of a page %s: Snappy says what the plain request says, and in less', (_, size, valueBytes) => {
  const series = new SeriesBytes(1, 1, { ...LIMITS, maxValueLength: 4_096 });
  const page = pageOf(
    Array.from({ length: size }, (_, i): [string, Record<string, string>] => [
      `metric_${i}`,
      { long: `${i}-`.padEnd(valueBytes, 'y') },
    ]),
  );
  const rows = Array.from({ length: 6 }, (_, host) => ({
    group: series.of(page, { instance: `host-${host + 8}`, site: 'north' }),
    times: Float64Array.of(1_700_000_000_000 + host, 1_700_000_001_000, 1_700_000_002_000),
    // Series that stand still, that move, that are like their neighbours, and a staleness marker.
    values: new Float64Array(
      Float64Array.from({ length: size * 3 }, (_, at) => [7, at, 7, at * 0.1, (at % size) * 3][at % 5]!).buffer,
    ),
    mask: null,
  }));
  new BigUint64Array(rows[1]!.values.buffer)[5] = 0x7ff0000000000002n;
  const plain = encodeRequest(partsOf(rows, 0), space);
  const packed = encodeSnappyRequest(partsOf(rows, 0), space);
  expect(Buffer.compare(uncompressSync(packed.bytes as Buffer) as Buffer, plain.bytes)).toBe(0);
  expect(packed.samples).toBe(plain.samples);
  expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 2.5);
});

test('values known to be finite are written as those nobody has looked at, at whatever times', () => {
  const page = pageOf(Array.from({ length: 30 }, (_, i): [string, Record<string, string>] => [`metric_${i}`, {}]));
  const written = (finite: boolean) => {
    const series = new SeriesBytes(1, 1, LIMITS);
    const rows = Array.from({ length: 20 }, (_, host) => {
      // From one half hour to the next, and back.
      const first = 1_700_000_000_000 + (host % 3) * 1_800_000 + host * 7;
      const values = Float64Array.from({ length: 60 }, (_, at) => [0, -0, at * 1e300, -at / 3, 5e-324 * at][at % 5]!);
      const group = series.of(page, { instance: `host-${host}`, site: 'north' });
      return { group, times: Float64Array.of(first, first + 1_000), values, mask: null, finite };
    });
    return Buffer.from(encodeRequest(partsOf(rows, 0), space).bytes);
  };
  expect(Buffer.compare(written(true), written(false))).toBe(0);
  const [first] = [...read(written(true)).values()];
  expect(first!.map(([time]) => time)).toEqual([1_700_000_000_000, 1_700_000_001_000]);
});

test('a host is found by its name, at its site', () => {
  const series = new SeriesBytes(1, 1, LIMITS);
  const page = pageOf([['up', {}]]);
  const of = (target: Record<string, string>) => series.of(page, target);
  const north = of({ instance: 'h1', site: 'north' });
  expect(of({ instance: 'h1', site: 'north' })).toBe(north);
  expect(of({ site: 'north', instance: 'h1' })).toBe(north);
  const south = of({ instance: 'h1', site: 'south' });
  expect(south).not.toBe(north);
  expect(of({ instance: 'h1', site: 'south' })).toBe(south);
  const others = [{ instance: 'h1' }, { site: 'north' }, {}, { instance: 'h1', site: 'north', job: 'x' }];
  const groups = others.map((target) => of(target as Record<string, string>));
  expect(new Set([north, south, ...groups]).size).toBe(6);
  others.forEach((target, i) => {
    expect(of(target as Record<string, string>)).toBe(groups[i]);
  });
  expect(Buffer.from(south.target).toString()).toContain('south');
});

test.each([1_000, 60_000, 200_000])(
  'zstd unpacks to what was packed, with what is alike %i bytes apart',
  async (apart) => {
    const random = seededRandom(apart);
    const one = Buffer.from(Array.from({ length: apart }, () => Math.floor(random() * 256)));
    const plain = Buffer.concat(Array.from({ length: 12 }, () => one));
    const packed = await compressBody('zstd', plain, apart);
    expect(Buffer.compare(zstdDecompressSync(packed), plain)).toBe(0);
    // It stands there once, and not again for each time.
    expect(packed.length).toBeLessThan(apart * 1.2 + 1_000);
  },
);

test('label bytes: too many, too long in bytes, doubled; a target of its own does not touch the others', () => {
  const series = new SeriesBytes(1, 1, { maxLabels: 3, maxNameLength: 8, maxValueLength: 10 });
  const page = pageOf([
    ['up', {}],
    ['up', { a: '1', b: '2' }],
    ['up', { a: 'äääääx' }],
    ['up', { longer_than_8: '1' }],
  ]);
  expect(series.of(page, { instance: 'h1' }).refused).toEqual([
    null,
    'too_many_labels',
    'label_too_long',
    'label_too_long',
  ]);
  expect(series.of(page, { instance: 'a very long name' }).refused).toEqual(Array(4).fill('label_too_long'));
  expect(series.of(page, {}).refused).toEqual([null, null, 'label_too_long', 'label_too_long']);
});

test('a request is safe when the life that answered it still runs long enough afterwards, and lost with that life', () => {
  const unconfirmed = new Unconfirmed();
  const body = (life: string, answered: number) => ({
    bytes: new Uint8Array(10),
    encoding: 'snappy' as const,
    pieces: [],
    samples: 1,
    life,
    answered,
  });
  unconfirmed.add(body('a', 1_000));
  unconfirmed.add(body('a', 2_000));
  unconfirmed.add(body('b', 2_000));
  expect(unconfirmed.bytes).toBe(30);
  const early = unconfirmed.look('a', 15_999, 15_000);
  expect([early.safe.length, early.lost.map(({ life }) => life)]).toEqual([0, ['b']]);
  const later = unconfirmed.look('a', 16_000, 15_000);
  expect(later.safe.map(({ answered }) => answered)).toEqual([1_000]);
  const another = unconfirmed.look('c', 99_000, 15_000);
  expect([another.safe.length, another.lost.length]).toEqual([0, 1]);
  expect([unconfirmed.bytes, unconfirmed.size]).toEqual([0, 0]);
});
