import { expect, it } from 'vitest';
import { Stamps } from '../../collector/core/sampling/stamps.ts';
import { WallClock } from '../../collector/core/wall-clock.ts';

const NOW = Date.UTC(2026, 10, 29, 12);

it('a machine without a clock begins in 1970: its time is the relay’s once it was heard, goes on evenly, and is its own once that is set', () => {
  const machine = { wall: 5_000, mono: 5_000 };
  const clock = new WallClock(
    () => machine.wall,
    () => machine.mono,
  );
  const pass = (ms: number) => {
    machine.wall += ms;
    machine.mono += ms;
    return clock.now();
  };
  const first = clock.now();
  expect(first).toBe(Date.UTC(2026, 0, 1));
  expect(pass(10_000) - first).toBe(10_000);
  expect(clock.isSet).toBe(false);
  clock.heard(NOW);
  expect(clock.now()).toBe(NOW);
  expect(pass(10_000)).toBe(NOW + 10_000);
  // A relay that is behind turns nothing back.
  clock.heard(NOW - 60_000);
  expect(clock.now()).toBe(NOW + 10_000);
  machine.wall = NOW + 11_000;
  expect([clock.isSet, clock.now()]).toEqual([true, NOW + 11_000]);
});

it('a clock that is set is not the relay’s to change', () => {
  const clock = new WallClock(
    () => NOW,
    () => 0,
  );
  clock.heard(NOW + 3_600_000);
  expect(clock.now()).toBe(NOW);
});

it('stamps never go back: after a clock was set back they go on a tenth slower until it has caught up', () => {
  let mono = 0;
  const stamps = new Stamps(() => mono);
  const step = (wall: number) => {
    mono += 10_000;
    return stamps.next(wall);
  };
  expect(step(NOW)).toBe(NOW);
  expect(step(NOW + 10_000)).toBe(NOW + 10_000);
  // Five seconds back.
  const seen: number[] = [];
  for (let wall = NOW + 15_000; seen.length < 10; wall += 10_000) seen.push(step(wall));
  expect(seen.every((stamp, i) => i === 0 || stamp > seen[i - 1]!)).toBe(true);
  expect(seen[0]).toBe(NOW + 15_000);
  // Two minutes back: thirteen intervals later and more it is the wall clock's time again.
  let wall = NOW + 105_000 - 120_000;
  const slewed: number[] = [];
  for (; slewed.length < 130; wall += 10_000) slewed.push(step(wall));
  expect(slewed.every((stamp, i) => i === 0 || stamp > slewed[i - 1]!)).toBe(true);
  expect(slewed[1]! - slewed[0]!).toBe(9_000);
  expect(slewed.at(-1)).toBe(wall - 10_000);
  expect(stamps.aheadOf(wall)).toBe(0);
});

it('a clock that jumps ahead is followed', () => {
  const stamps = new Stamps(() => 0);
  expect([stamps.next(NOW), stamps.next(NOW + 3_600_000)]).toEqual([NOW, NOW + 3_600_000]);
});
