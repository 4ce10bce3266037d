import { expect, it } from 'vitest';
import { Shedding } from '../../../collector/core/caps/shedding.ts';
import { levelRank } from '../../../collector/core/logs/desired-levels.ts';

const kept = (shedding: Shedding) =>
  ['debug', 'info', '', 'warning', 'error', 'fatal'].filter((level) => levelRank(level) >= shedding.lowestRank);

it('the fuller the spool, the more is left out: debug, info, warnings; errors never', () => {
  const shedding = new Shedding();
  const at = (fill: number) => {
    shedding.spool(fill, 0);
    return kept(shedding);
  };
  expect(at(0.5)).toEqual(['debug', 'info', '', 'warning', 'error', 'fatal']);
  expect(at(0.6)).toEqual(['info', '', 'warning', 'error', 'fatal']);
  expect(at(0.75)).toEqual(['warning', 'error', 'fatal']);
  expect(at(1)).toEqual(['error', 'fatal']);
  expect(shedding.reason).toBe('shed_spool');
});

it('a step is left only well below where it was taken', () => {
  const shedding = new Shedding();
  for (const [fill, step] of [
    [0.61, 1],
    [0.57, 1],
    [0.54, 0],
    [0.57, 0],
  ] as const) {
    shedding.spool(fill, 0);
    expect([fill, shedding.step]).toEqual([fill, step]);
  }
});

it('a relay that asks to hold back makes half of the fill enough, and alone leaves nothing out', () => {
  const shedding = new Shedding();
  shedding.spool(0.1, 2);
  expect(shedding.step).toBe(0);
  shedding.spool(0.31, 1);
  expect([shedding.step, shedding.reason]).toEqual([1, 'shed_relay']);
  shedding.spool(0.31, 0);
  expect(shedding.step).toBe(0);
});

it('what is measured goes up and down by one step, and metrics are collected less often only after lines', () => {
  const shedding = new Shedding();
  const found = [
    'over',
    'over',
    'over',
    'over',
    'within',
    'well below',
    'well below',
    'well below',
    'well below',
  ] as const;
  const seen = found.map((one) => {
    shedding.measured('cpu', one);
    return [shedding.step, shedding.stretch];
  });
  expect(seen).toEqual([
    [1, 1],
    [2, 2],
    [3, 4],
    [3, 4],
    [3, 4],
    [2, 2],
    [1, 1],
    [0, 1],
    [0, 1],
  ]);
});
