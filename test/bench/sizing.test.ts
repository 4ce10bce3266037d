import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readSection } from '../../bench/page/read-section.ts';
import { sectionOf } from '../../bench/page/section.ts';
import { type FigureName, measuredIn } from '../../bench/sizing/measured.ts';
import { sizingPage } from '../../bench/sizing/page.ts';
import { FLEET, MACHINE, plan } from '../../bench/sizing/plan.ts';
import { SOURCES } from '../../bench/sizing/sources.ts';
import { figuresOfPage } from '../../bench/sizing/write.ts';

test('docs/sizing.md is what the page of benchmarks says; "npm run bench -- sizing" makes it anew', () => {
  expect(readFileSync('docs/sizing.md', 'utf8')).toBe(sizingPage(figuresOfPage()));
});

test('disks and cores are products of rate, days and copies', () => {
  const ones = Object.fromEntries(Object.keys(SOURCES).map((name) => [name, { value: 1 }])) as Record<
    FigureName,
    { value: number }
  >;
  const demand = {
    ...FLEET,
    samplesPerSecond: 1e6,
    logBytesPerDay: 322 * 86_400e6,
    logPeak: 2,
    logDays: 2,
    logCopies: 3,
  };
  const parts = new Map(plan(ones, demand).map((part) => [part.part, part]));
  // A million lines a second, at a CPU us each.
  const search = parts.get('OpenSearch')!;
  expect(search.mean).toBeCloseTo(3);
  expect(search.peak).toBeCloseTo(6);
  expect(search.cores).toBe(12);
  expect(search.diskBytes).toBeCloseTo((1e6 * 86_400 * 2 * 3) / 0.75);
  const full = parts.get('VictoriaMetrics, full')!;
  expect(full.diskBytes).toBeCloseTo((1e6 * 86_400 * 30 * 2) / 0.75);
  expect(full.peak).toBe(full.mean);
  expect(parts.get('indexers')!.machines).toBe(2);
  expect(parts.get('OpenSearch')!.machines).toBe(3);
  // A million series, five aggregates, 105,120 windows a year.
  expect(parts.get('VictoriaMetrics, a year of windows')!.diskBytes).toBeCloseTo((1e6 * 5 * 105_120) / 0.75);
  // A million bytes a second for a week, in three copies.
  expect(parts.get('Kafka')!.diskBytes).toBeCloseTo((1e6 * 7 * 86_400 * 3) / 0.75);
  // By disks, where they want more than the cores.
  const longer = plan(ones, { ...demand, metricDays: 90 }).find(({ part }) => part === full.part)!;
  expect(longer.machines).toBe(Math.ceil((full.diskBytes * 3) / MACHINE.diskBytes));
  expect(longer.machines).toBeGreaterThan(2);
  expect(parts.get('relays')!.memoryBytes).toBe(10_000 * 1_024);
  expect(parts.get('relays')!.mean).toBeCloseTo(1e6 / 500 / 1e6 + 1 + 1);
});

/** A section whose run found the machine busy, or not. */
function section(name: string, load: number, rows: readonly (readonly [name: string, value: number, unit: string])[]) {
  const made = {
    at: Date.UTC(2026, 10, 28),
    machine: '2 x Processor, 4 GiB, Node 24',
    commit: null,
    load,
    settings: [],
  };
  return readSection(
    name,
    sectionOf(name, { results: rows.map(([what, value, unit]) => ({ name: what, value, unit })) }, made),
  );
}

test('figures are those of the runs on the page, computed from its rows; what is not there is of an earlier run and says so', () => {
  const figures = measuredIn([
    section('relay', 3, [
      ['relay, 100 samples a frame: CPU per frame', 60, 'us'],
      ['relay, 1000 samples a frame: CPU per frame', 105, 'us'],
    ]),
    section('log-flood', 1, [['relay, CPU', 10, 'CPU s/GB']]),
    section('kafka', 1, [
      ['Kafka, publish, frames of 500 lines', 2, 'CPU s per million lines'],
      ['Kafka, publish, frames of 500 lines', 99, 'CPU s per GB of lines'],
      ['Kafka, consume, frames of 500 lines', 1, 'CPU s per million lines'],
    ]),
  ]);
  expect(figures.relayFrame).toMatchObject({ value: 55, loaded: true, earlier: false, note: '2026-11-28' });
  expect(figures.relaySample.value).toBe(0.05);
  expect(figures.relayLine).toMatchObject({ value: 3.22, loaded: false });
  expect(figures.kafkaLine.value).toBe(3);
  expect(figures.gatewayLine).toMatchObject({ value: SOURCES.gatewayLine.earlier.value, earlier: true });
});
