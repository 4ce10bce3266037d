import { expect, test } from 'vitest';
import { Revisions } from '../../../../core/engines/victoriametrics/year/revision.ts';

const W = 300_000;
const DAY = 86_400_000;
const revisions = new Revisions(W, 30 * DAY);

test('later is higher, and every stamp lies inside the window, but for its edges', () => {
  let before: number | null = null;
  let stamp = 0;
  for (let age = 0; age <= 30 * DAY; age += 3_600_000) {
    const revision: number = revisions.next(0, before, W + age)!;
    expect(revision).toBeGreaterThan(before ?? -1);
    const at = revisions.stamp(0, revision);
    expect(at).toBeGreaterThan(stamp);
    expect(at).toBeLessThan(W);
    before = revision;
    stamp = at;
  }
});

test('as often as once a minute for all the time a window can be computed again: they do not run out', () => {
  for (const window of [60_000, W, 3_600_000]) {
    const of = new Revisions(window, 30 * DAY);
    expect(of.slotMs).toBeLessThan(60_000);
    let before: number | null = null;
    for (let age = 0; age < 30 * DAY; age += 60_000) before = of.next(0, before, window + age)!;
    expect(of.stamp(0, before!)).toBeLessThan(window);
  }
});

test('a folder that was lost, or a clock that was set back, makes no earlier revision', () => {
  const before = revisions.next(0, null, W + DAY)!;
  expect(revisions.next(0, null, W + DAY + revisions.slotMs)).toBeGreaterThan(before);
  expect(revisions.next(0, before, W + 1)).toBe(before + 1);
});

test('where there is none left it is said, and nothing is overwritten', () => {
  expect(revisions.next(0, revisions.most - 1, W)).toBe(revisions.most);
  expect(revisions.next(0, revisions.most, W)).toBeNull();
  expect(revisions.stamp(0, revisions.most)).toBe(W - 1);
});
