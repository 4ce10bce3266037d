import { afterEach, expect, test } from 'vitest';
import { ColumnEncoder } from '../../../proto/columns.ts';
import { encodeFrame } from '../../../proto/frame.ts';
import { encodeMetricsBody } from '../../../proto/metrics-body.ts';
import type { SeriesJudge, SeriesLabels, Verdict } from '../../../relay/shape/contract.ts';
import { isStale, setStale, wordsOf } from '../../../relay/shape/stale.ts';
import { type SentPage, samplesFrame, sentPage } from '../rollup/samples.ts';
import { header } from '../setup.ts';
import { Stage } from './stage-setup.ts';

let stage: Stage;
afterEach(() => stage.close());

const KEEP: Verdict = { kind: 'keep' };
const T = 1_790_000_000_000;
const labelOf = (labels: SeriesLabels, name: string) => labels.find(([label]) => label === name)?.[1];

/** A judge that counts how often it is asked. */
class Judge implements SeriesJudge {
  active = true;
  version = 0;
  asked = 0;
  readonly #answer: (labels: SeriesLabels, host: string) => Verdict;

  constructor(answer: (labels: SeriesLabels, host: string) => Verdict) {
    this.#answer = answer;
  }

  judge(host: string, labels: SeriesLabels): Verdict {
    this.asked++;
    return this.#answer(labels, host);
  }
}

const fold = (into: string, host: string): Verdict => ({
  kind: 'fold',
  reason: 'series_cap',
  into: [
    ['__name__', into],
    ['instance', host],
    ['overflow', 'true'],
    ['site', 'north'],
  ],
});
const folding = () =>
  new Judge((labels, host) => (labelOf(labels, 'user') ? fold(labelOf(labels, '__name__')!, host) : KEEP));
const users = (name: string, from: number, to: number) =>
  sentPage(
    Array.from({ length: to - from }, (_, i) => ({ name, labels: { user: `u${String(from + i).padStart(3, '0')}` } })),
  );
const open = async (...judges: SeriesJudge[]) => {
  stage = await new Stage().open(judges.map((judge, i) => ({ name: `judge${i}`, judge })));
};

test('series that fold are added up by instant over all pages of a frame, and the others count under the reason', async () => {
  await open(folding());
  const one = users('hits', 0, 3);
  const other = sentPage([{ name: 'hits', labels: { user: 'u9' } }, { name: 'load' }]);
  for (const page of [one, other]) await stage.define('h1', page);
  const times = Float64Array.of(T, T + 1000);
  const encoder = new ColumnEncoder();
  const body = encodeMetricsBody([
    {
      ...{ page: one.hash, base: null },
      columns: encoder.encode(3, times, Float64Array.of(1, 2, 3, 4, 0, 6), Uint8Array.of(1, 1, 1, 1, 0, 1), null),
    },
    {
      ...{ page: other.hash, base: null },
      columns: encoder.encode(2, times, Float64Array.of(10, 5, 20, 6), null, null),
    },
  ]);
  const frame = encodeFrame(header(1, { class: 'metric', kind: 'metrics', count: 9 }), body);
  const shaped = (await stage.shape('h1', frame))!;
  expect(await stage.samples(shaped)).toEqual({
    [`hits{overflow=true}@${T}`]: 16,
    [`hits{overflow=true}@${T + 1000}`]: 30,
    [`load{}@${T}`]: 5,
    [`load{}@${T + 1000}`]: 6,
  });
  expect(shaped.sent).toBe(4);
  expect(shaped.lost).toEqual({ series_cap: 5 });
});

test('what several frames have of one instant stays apart, so that no store takes one for the other', async () => {
  await open(folding());
  const pages = [users('hits', 0, 3), users('hits', 10, 12), users('hits', 20, 21)];
  for (const page of pages) await stage.define('h1', page);
  const found: Record<string, number | string> = {};
  const send = async (page: SentPage, sequence: number, time: number) => {
    const values = page.series.map(() => sequence) as [number];
    Object.assign(
      found,
      await stage.samples((await stage.shape('h1', samplesFrame(page, sequence, [[time, ...values]])))!),
    );
  };
  let sequence = 0;
  for (const time of [T, T + 1000]) for (const page of pages) await send(page, ++sequence, time);
  // Pages that are new at each instant need no more series.
  for (const [i, time] of [T + 2000, T + 3000].entries()) {
    const page = users('hits', 50 + i, 51 + i);
    await stage.define('h1', page);
    await send(page, ++sequence, time);
  }
  expect(found).toEqual({
    [`hits{overflow=true}@${T}`]: 3,
    [`hits{overflow=true,overflow_part=1}@${T}`]: 4,
    [`hits{overflow=true,overflow_part=2}@${T}`]: 3,
    [`hits{overflow=true}@${T + 1000}`]: 12,
    [`hits{overflow=true,overflow_part=1}@${T + 1000}`]: 10,
    [`hits{overflow=true,overflow_part=2}@${T + 1000}`]: 6,
    [`hits{overflow=true}@${T + 2000}`]: 7,
    [`hits{overflow=true}@${T + 3000}`]: 8,
  });
});

test('marks of ended series add nothing to a sum, are one where nothing else is there, and keep their bits when renamed', async () => {
  const rename = new Judge((labels) =>
    labelOf(labels, '__name__') === 'old'
      ? { kind: 'rename', labels: labels.map(([name, value]) => [name, name === '__name__' ? 'new' : value]) }
      : KEEP,
  );
  await open(rename, folding());
  const page = sentPage([
    { name: 'hits', labels: { user: 'u1' } },
    { name: 'hits', labels: { user: 'u2' } },
    { name: 'old' },
  ]);
  await stage.define('h1', page);
  const values = Float64Array.of(0, 7, 0, 0, 0, 1, 0, Number.NaN, 2);
  for (const at of [0, 2, 3, 4]) setStale(wordsOf(values), at);
  expect(isStale(wordsOf(values), 0)).toBe(true);
  const columns = new ColumnEncoder().encode(3, Float64Array.of(T, T + 1, T + 2), values, null, null);
  const frame = encodeFrame(
    header(1, { class: 'metric', kind: 'metrics', count: 9 }),
    encodeMetricsBody([{ page: page.hash, base: null, columns }]),
  );
  const shaped = (await stage.shape('h1', frame))!;
  expect(await stage.samples(shaped)).toEqual({
    [`hits{overflow=true}@${T}`]: 7,
    [`hits{overflow=true}@${T + 1}`]: '7ff0000000000002',
    [`hits{overflow=true}@${T + 2}`]: '7ff8000000000000',
    [`new{}@${T}`]: '7ff0000000000002',
    [`new{}@${T + 1}`]: 1,
    [`new{}@${T + 2}`]: 2,
  });
  expect(shaped.lost).toEqual({ series_cap: 3 });
});

test('a judge is asked once for each series of a page and host, and again when its version grows', async () => {
  const judge = new Judge(() => KEEP);
  await open(judge);
  const page = users('hits', 0, 3);
  await stage.define('h1', page);
  const ask = (host: string, sequence: number) =>
    stage.shape(host, samplesFrame(page, sequence, [[T + sequence, 1, 2, 3]]));
  for (let i = 1; i <= 5; i++) expect(await ask('h1', i)).toBeNull();
  expect(judge.asked).toBe(3);
  await ask('h2', 1);
  expect(judge.asked).toBe(6);
  judge.version++;
  await ask('h1', 6);
  expect(judge.asked).toBe(9);
  judge.active = false;
  expect(stage.stage.active).toBe(false);
});

test('a judge that fails, or wants labels that no page can have, leaves the series as it is and is counted', async () => {
  await open(
    new Judge((labels) => {
      if (labelOf(labels, 'user') === 'u000') throw new Error('broken');
      if (labelOf(labels, 'user') === 'u001') return { kind: 'rename', labels: [['x', 'y']] };
      return { kind: 'drop', reason: 'blocked' };
    }),
  );
  const page = users('hits', 0, 3);
  await stage.define('h1', page);
  const shaped = (await stage.shape('h1', samplesFrame(page, 1, [[T, 1, 2, 3]])))!;
  expect(await stage.samples(shaped)).toEqual({ [`hits{user=u000}@${T}`]: 1, [`hits{user=u001}@${T}`]: 2 });
  expect(shaped.lost).toEqual({ blocked: 1 });
  expect(stage.errors).toHaveLength(2);
});

test('where there is no room for a page of ours, the samples for it are counted and the frame goes on', async () => {
  stage = await new Stage().open([{ name: 'cap', judge: folding() }], { bytesPerHost: 1 << 24, countPerHost: 1 });
  const pages = [sentPage([{ name: 'a', labels: { user: 'u' } }, { name: 'b' }]), users('c', 0, 2)];
  await stage.define('h1', pages[0]!);
  await stage.define('h2', pages[1]!);
  expect((await stage.shape('h1', samplesFrame(pages[0]!, 1, [[T, 1, 2]])))!.lost).toEqual({});
  const shaped = (await stage.shape('h1', samplesFrame(pages[1]!, 2, [[T, 1, 2]])))!;
  expect(shaped.sent).toBe(0);
  expect(shaped.lost).toEqual({ series_cap: 1, shape_room: 1 });
});
