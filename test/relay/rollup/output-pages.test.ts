import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { decodeSections } from '../../../proto/metrics-body.ts';
import { decodeDefinition } from '../../../proto/page.ts';
import { OutputPages, type OutputSection } from '../../../relay/rollup/output-pages.ts';
import { newSeries } from '../../../relay/rollup/output-series.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const seriesNamed = (count: number, prefix = 'm') =>
  Array.from({ length: count }, (_, i) => newSeries(`${prefix}_${i % 7}:1m_sum`, [['i', String(i)]]));

/** name{i}@time: value, as who has the definitions reads it. */
function read(sections: readonly OutputSection[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { page, section, samples } of sections) {
    const definition = decodeDefinition(page.content);
    if (definition.kind !== 'page') throw new Error('no page');
    const { series } = definition;
    const [decoded] = decodeSections([section], { pageSize: () => series.length, base: () => undefined });
    const { times, values, present, n } = decoded!;
    let count = 0;
    for (let at = 0; at < values.length; at++) {
      if (present && present[at] === 0) continue;
      count++;
      const { name, labels } = series[at % n]!;
      found[`${name}{${labels[0]![1]}}@${times[Math.floor(at / n)]}`] = values[at]!;
    }
    expect(count).toBe(samples);
  }
  return found;
}

test('samples of many series and windows come out as they went in', () => {
  const pages = new OutputPages(sha256);
  const series = seriesNamed(600);
  const samples = series.flatMap((one, i) =>
    [60_000, 120_000]
      .filter((time) => i % 3 > 0 || time > 60_000)
      .map((time) => ({ series: one, time, value: i + time })),
  );
  const sections = pages.sections(samples);
  expect(sections.map(({ page }) => page.series.length)).toEqual([256, 256, 88]);
  const want = samples.map(({ series: { name, labels }, time, value }) => [`${name}{${labels[0]![1]}}@${time}`, value]);
  expect(read(sections)).toEqual(Object.fromEntries(want));
});

test('pages stay while they are used, new series get one of their own, and a page of few is made anew', () => {
  const pages = new OutputPages(sha256);
  const old = seriesNamed(100);
  const hashes = (series: readonly ReturnType<typeof newSeries>[]) =>
    pages.sections(series.map((one) => ({ series: one, time: 1000, value: 1 }))).map(({ page }) => page.hash);
  const [first] = hashes(old);
  expect(hashes(old.slice(0, 60))).toEqual([first]);
  const [same, fresh, ...none] = hashes([...old, ...seriesNamed(3, 'n')]);
  expect([same, none]).toEqual([first, []]);
  expect(fresh).not.toBe(first);
  expect(hashes(old.slice(0, 40))).not.toEqual([first]);
});

test('series of two rules that are called the same are written both, on pages of their own', () => {
  const pages = new OutputPages(sha256);
  const [one, other] = [seriesNamed(3), seriesNamed(2)];
  const sections = pages.sections([
    ...one.map((series, i) => ({ series, time: 1000, value: i })),
    ...other.map((series, i) => ({ series, time: 1000, value: 10 + i })),
  ]);
  expect(sections.map(({ samples }) => samples)).toEqual([3, 2]);
  expect(read(sections.slice(0, 1))).toEqual({
    'm_0:1m_sum{0}@1000': 0,
    'm_1:1m_sum{1}@1000': 1,
    'm_2:1m_sum{2}@1000': 2,
  });
  expect(read(sections.slice(1))).toEqual({ 'm_0:1m_sum{0}@1000': 10, 'm_1:1m_sum{1}@1000': 11 });
});
