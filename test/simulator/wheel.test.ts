import { expect, test } from 'vitest';
import { Latencies } from '../../simulator/latencies.ts';
import { Job, Wheel } from '../../simulator/wheel.ts';

test('jobs run when they are due and not before, also after more than a turn, and after a pause', () => {
  const wheel = new Wheel(1000);
  const ran: [string, number][] = [];
  const job = (name: string, at: number) => {
    const made = new Job((now) => ran.push([name, now]));
    made.at = at;
    wheel.add(made);
    return made;
  };
  job('b', 1055);
  job('a', 1020);
  // A turn of the wheel is 41 s.
  job('far', 90_000);
  const twice = job('twice', 1030);
  wheel.add(twice);
  for (let now = 1000; now < 1100; now += 5) wheel.turn(now);
  expect(ran).toEqual([
    ['a', 1020],
    ['twice', 1030],
    ['b', 1055],
  ]);
  for (let now = 1100; now < 89_990; now += 10) wheel.turn(now);
  expect(ran).toHaveLength(3);
  wheel.turn(200_000);
  expect(ran.at(-1)).toEqual(['far', 200_000]);
});

test('a job may put itself in again from its own run', () => {
  const wheel = new Wheel(0);
  let runs = 0;
  const job: Job = new Job((now) => {
    runs++;
    job.at = now + 100;
    wheel.add(job);
  });
  wheel.add(job);
  for (let now = 0; now <= 1000; now += 10) wheel.turn(now);
  expect(runs).toBe(11);
});

test('quantiles of acknowledgement times are right to 4 %, and those of two processes add up', () => {
  const one = new Latencies();
  const other = new Latencies();
  for (let i = 1; i <= 1000; i++) (i % 2 === 0 ? one : other).add(i);
  one.addAll(other.counts());
  for (const [quantile, value] of [
    [0.5, 500],
    [0.99, 990],
  ] as const)
    expect(Math.abs(one.quantile(quantile) / value - 1)).toBeLessThan(0.04);
  expect(one.max).toBe(1000);
  expect(one.quantile(1)).toBe(1000);
  expect(new Latencies().quantile(0.5)).toBe(0);
});

test('a turn that has lasted long enough leaves the rest to the next one, in order', () => {
  const wheel = new Wheel(0);
  const ran: string[] = [];
  for (const [name, at] of [
    ['a', 5],
    ['b', 5],
    ['c', 5],
    ['d', 25],
  ] as const) {
    const job = new Job(() => ran.push(name));
    job.at = at;
    wheel.add(job);
  }
  wheel.turn(30, () => true);
  expect(ran).toEqual(['a']);
  const late = new Job(() => ran.push('late'));
  late.at = 6;
  wheel.add(late);
  wheel.turn(30, () => ran.length === 3);
  expect(ran).toEqual(['a', 'b', 'c']);
  wheel.turn(40);
  expect(ran).toEqual(['a', 'b', 'c', 'late', 'd']);
});

test('the wheel says how long nothing can be due', () => {
  const wheel = new Wheel(0);
  expect(wheel.quietFor(0, 50)).toBe(50);
  const job = new Job(() => undefined);
  job.at = 32;
  wheel.add(job);
  // To the end of its slot.
  expect(wheel.quietFor(0, 50)).toBe(40);
  expect(wheel.quietFor(0, 20)).toBe(20);
  expect(wheel.quietFor(55, 50)).toBe(0);
  wheel.turn(55);
  expect(wheel.quietFor(55, 50)).toBe(50);
});
