import { expect, it } from 'vitest';
import { BackOff } from '../../../collector/core/uplink/back-off.ts';
import { seeded } from '../random.ts';

const make = (seed: number) => {
  const next = seeded(seed);
  return new BackOff({
    baseMs: 1000,
    capMs: 60_000,
    random: (into) => {
      for (let i = 0; i < into.length; i++) into[i] = next(256);
    },
  });
};

it('waits anywhere below a ceiling that doubles up to the cap', () => {
  const waits = Array.from({ length: 2000 }, (_, seed) => {
    const backOff = make(seed);
    return Array.from({ length: 9 }, () => backOff.next());
  });
  for (let attempt = 0; attempt < 9; attempt++) {
    const ceiling = Math.min(60_000, 1000 * 2 ** attempt);
    const of = waits.map((all) => all[attempt]!);
    expect(Math.max(...of)).toBeLessThanOrEqual(ceiling);
    expect(Math.max(...of)).toBeGreaterThan(ceiling * 0.98);
    expect(Math.min(...of)).toBeLessThan(ceiling * 0.02);
    const mean = of.reduce((sum, wait) => sum + wait, 0) / of.length;
    expect(mean / ceiling).toBeCloseTo(0.5, 1);
  }
});

it('waits eight seconds at most where it was refused before TLS, and refusals alone lead no higher', () => {
  const waits = Array.from({ length: 500 }, (_, seed) => {
    const backOff = make(seed);
    const refused = Array.from({ length: 20 }, () => backOff.next(0, true));
    return { refused, afterwards: [backOff.next(), backOff.next()] };
  });
  for (const [attempt, ceiling] of [1000, 2000, 4000, 8000, 8000, 8000].entries()) {
    const of = waits.map(({ refused }) => refused[attempt]!);
    expect(Math.max(...of)).toBeLessThanOrEqual(ceiling);
    expect(Math.max(...of)).toBeGreaterThan(ceiling * 0.95);
  }
  expect(Math.max(...waits.flatMap(({ refused }) => refused))).toBeLessThanOrEqual(8000);
  // What is no refusal doubles on from there.
  for (const [at, ceiling] of [16_000, 32_000].entries()) {
    const of = waits.map(({ afterwards }) => afterwards[at]!);
    expect(Math.max(...of)).toBeLessThanOrEqual(ceiling);
    expect(Math.max(...of)).toBeGreaterThan(ceiling * 0.95);
  }
});

it('starts small again after a connection that held, and waits at least as long as the relay asks', () => {
  const backOff = make(1);
  for (let i = 0; i < 8; i++) backOff.next();
  backOff.succeeded();
  expect(backOff.next()).toBeLessThanOrEqual(1000);
  backOff.succeeded();
  const wait = backOff.next(20_000);
  expect(wait).toBeGreaterThanOrEqual(20_000);
  expect(wait).toBeLessThanOrEqual(21_000);
  expect(backOff.next()).toBeLessThanOrEqual(2000);
});
