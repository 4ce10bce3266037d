import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Figures, MEASURED } from '../../bench/sizing/measured.ts';
import { sizingPage } from '../../bench/sizing/page.ts';
import { FLEET, plan } from '../../bench/sizing/plan.ts';

test('docs/sizing.md is what the measured figures say; "npm run bench -- sizing" makes it anew', () => {
  expect(readFileSync('docs/sizing.md', 'utf8')).toBe(sizingPage());
});

test('disks and cores are products of rate, days and copies', () => {
  const ones = Object.fromEntries(Object.keys(MEASURED).map((name) => [name, { value: 1 }])) as unknown as Figures;
  const demand = { ...FLEET, samplesPerSecond: 1e6, logBytesPerDay: 86_400e6, logPeak: 2, logDays: 2, logCopies: 3 };
  const parts = new Map(plan(ones, demand).map((part) => [part.part, part]));
  // A million lines of one byte a second, at a CPU us each.
  const search = parts.get('OpenSearch')!;
  expect(search.mean).toBeCloseTo(3);
  expect(search.peak).toBeCloseTo(6);
  expect(search.cores).toBe(12);
  expect(search.diskBytes).toBeCloseTo((1e6 * 86_400 * 2 * 3) / 0.75);
  const full = parts.get('VictoriaMetrics, full')!;
  expect(full.diskBytes).toBeCloseTo((1e6 * 86_400 * 30 * 2) / 0.75);
  expect(full.peak).toBe(full.mean);
  // A million series, five aggregates, 105,120 windows a year.
  expect(parts.get('VictoriaMetrics, a year of windows')!.diskBytes).toBeCloseTo((1e6 * 5 * 105_120) / 0.75);
  // A million bytes a second for a week, in three copies.
  expect(parts.get('Kafka')!.diskBytes).toBeCloseTo((1e6 * 7 * 86_400 * 3) / 0.75);
  expect(parts.get('relays')!.memoryBytes).toBe(10_000 * 1_024);
  expect(parts.get('relays')!.mean).toBeCloseTo(1e6 / 500 / 1e6 + 1 + 1);
});
