import { expect, it } from 'vitest';
import { Bench } from './link-bench.ts';

it('stays where it is, and may come back there at once, when the relay that sent it away takes that back', () => {
  const bench = new Bench([1, 2]);
  bench.last.welcome();
  const first = bench.last;
  bench.link.comeBackAfter(600_000, 120_000);
  expect(bench.last.port).toBe(2);
  bench.last.events.onClose('refused', true);
  const tries = bench.tried.length;
  // Now it waits for another try of the other one.
  bench.link.comeBackAfter(0);
  expect(first.end).toBe('');
  // Only what proves this connection is due: no other relay is asked any more.
  bench.prove();
  expect(() => bench.pass()).toThrow();
  expect(bench.tried).toHaveLength(tries);
  expect(bench.link).toMatchObject({ isHome: true, isOpen: true });
  first.events.onClose('gone');
  bench.pass();
  expect(bench.tried.slice(tries).map(([port]) => port)).toEqual([1]);
  expect(bench.time).toBeLessThan(10_000);
});

it('asks no further relay when it is welcome again while one is asked', () => {
  const bench = new Bench([1, 2, 3]);
  bench.last.welcome();
  bench.link.comeBackAfter(600_000, 120_000);
  bench.link.comeBackAfter(0);
  bench.last.events.onClose('refused', true);
  expect(bench.tried.map(([port]) => port)).toEqual([1, 2]);
  expect(bench.connections[0]!.end).toBe('');
});

it('goes home again from a relay that sent it away and took that back', () => {
  const bench = new Bench([1, 2], 60_000);
  const other = bench.flee();
  // Home is away, and the one that serves is drained for a moment.
  bench.link.comeBackAfter(600_000, 120_000);
  bench.last.events.onClose('refused', true);
  bench.link.comeBackAfter(0);
  const from = bench.time;
  bench.pass();
  expect(bench.last.port).toBe(1);
  expect(bench.time - from).toBe(90_000);
  bench.last.welcome();
  expect(other.end).toBe('closed');
  expect(bench.link.isHome).toBe(true);
});

it('a word of welcome from a relay that sent nobody away changes nothing', () => {
  const bench = new Bench([1, 2], 60_000);
  bench.flee();
  const from = bench.time;
  bench.link.comeBackAfter(0);
  bench.pass();
  expect(bench.tried.at(-1)).toEqual([1, Math.round(from + 90_000)]);
});
