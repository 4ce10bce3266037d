import type { PageSeries } from '../proto/page.ts';
import { ExpectedSamples } from './expected-samples.ts';
import { type Findings, note } from './findings.ts';
import type { FleetKind } from './fleet-kind.ts';
import { linesOf } from './json-lines.ts';
import { jobOf } from './kinds.ts';
import { isRounded } from './rounding.ts';
import { pagesOf } from './sample-pages.ts';
import { type Schedule, timeOf } from './schedule.ts';
import type { HostTruth } from './truth.ts';

/** What is needed to compute again what hosts sent. */
export interface Known {
  readonly schedule: Schedule;
  readonly kind: (host: number) => FleetKind;
}

interface ExportedSeries {
  readonly metric: Record<string, string>;
  readonly timestamps: readonly number[];
  /** Eight bytes big endian in hex: no rounding between the store and this comparison. */
  readonly values: readonly string[];
}

/**
 * Compares samples in the store, bit by bit, with what was sent, many hosts with one question. Everything acknowledged has to be there,
 * once; what was sent and not acknowledged may be there; anything else may not.
 * The store is read by its raw export over HTTP, and nothing of the pipeline's code is used.
 */
export async function verifySamples(
  core: URL,
  truths: readonly HostTruth[],
  known: Known,
  findings: Findings,
): Promise<void> {
  for (const page of pagesOf(truths, known)) {
    // Allocated for this question alone: all of a long run are gigabytes.
    const expected = page.map((truth) => new ExpectedSamples(truth, known.kind(truth.number)));
    await verifyPage(core, expected, known.schedule, findings);
  }
}

async function verifyPage(
  core: URL,
  page: readonly ExpectedSamples[],
  schedule: Schedule,
  findings: Findings,
): Promise<void> {
  const hosts = new Map(page.map((expected) => [expected.truth.name, expected]));
  const job = jobOf(page[0]!.kind.kind);
  const times = page.flatMap(({ truth, first, length }) => [
    timeOf(schedule, truth.number, first),
    timeOf(schedule, truth.number, first + length - 1),
  ]);
  const url = new URL('/api/v1/export', core);
  const selector = `{instance=~${JSON.stringify([...hosts.keys()].join('|'))},job=${JSON.stringify(job)}}`;
  url.searchParams.set('match[]', selector);
  url.searchParams.set('start', String(times.reduce((a, b) => Math.min(a, b)) / 1000));
  url.searchParams.set('end', String(times.reduce((a, b) => Math.max(a, b)) / 1000));
  const answer = await fetch(url);
  // An engine that rounds says so; then its documented rounding is allowed, and nothing else.
  const rounds = answer.headers.get('heliograph-exact') === 'no';
  const places = new Map<FleetKind, Map<string, number>>();
  for await (const line of linesOf<ExportedSeries>(answer)) {
    const { __name__: name = '', instance = '', ...labels } = line.metric;
    const label = `${instance} ${name}${JSON.stringify(labels)}`;
    const expected = hosts.get(instance);
    if (!expected) throw new Error(`asked for ${selector}, and got ${label}`);
    const place = placeOf(places, expected.kind, name, labels);
    if (place === undefined) note(findings, 'foreign', `${label}: this series was never sent`);
    else compare(expected, place.series, place.life, line, label, { schedule, rounds }, findings);
  }
  for (const expected of page) countMissing(expected, schedule, findings);
}

/** Which series of a kind this is, and of which life, if it passes with one. */
function placeOf(
  places: Map<FleetKind, Map<string, number>>,
  kind: FleetKind,
  name: string,
  labels: Readonly<Record<string, string>>,
): { series: number; life: number | null } | undefined {
  let known = places.get(kind);
  if (!known) {
    known = new Map(kind.pages.series.map((series, at) => [seriesKey(series), at]));
    places.set(kind, known);
  }
  const { site: _site, job: _job, ...own } = labels;
  const entries = Object.entries(own);
  const stays = known.get(seriesKey({ name, labels: entries }));
  if (stays !== undefined) return { series: stays, life: null };
  const series = known.get(seriesKey({ name, labels: entries.filter(([label]) => label !== 'pod') }));
  const life = Number(own.pod?.split('-').at(-1) ?? Number.NaN);
  return series === undefined || !Number.isInteger(life) ? undefined : { series, life };
}

function compare(
  expected: ExpectedSamples,
  series: number,
  pod: number | null,
  line: ExportedSeries,
  label: string,
  how: { readonly schedule: Schedule; readonly rounds: boolean },
  findings: Findings,
): void {
  const { truth, kind, first, length, lives, seen } = expected;
  const passes = kind.pages.passes(series);
  const begin = timeOf(how.schedule, truth.number, first);
  const end = timeOf(how.schedule, truth.number, first + length - 1);
  line.timestamps.forEach((time, i) => {
    // The question was for the time of all hosts of the page; before and after its own a host may have sent in another run.
    if (time < begin || time > end) return;
    const step = (time - begin) / how.schedule.intervalMs;
    const life = Number.isInteger(step) && step >= 0 && step < length ? lives[step]! : -1;
    if (life < 0 || passes !== (pod !== null) || (pod !== null && pod !== life)) {
      note(findings, 'foreign', `${label} at ${time}: never sent`);
      return;
    }
    const place = series * length + step;
    if (seen[place]! > 0) {
      note(findings, 'doubled', `${label} at ${time}`);
      return;
    }
    seen[place] = 1;
    const want = kind.values.at(truth.number, life, first + step, series);
    const found = line.values[i]!;
    if (found === hexOf(want)) return;
    if (how.rounds && isRounded(want, double(found), expected.largest(series))) return;
    note(findings, 'altered', `${label} at ${time}: ${found}, sent ${hexOf(want)}`);
  });
}

function countMissing(expected: ExpectedSamples, schedule: Schedule, findings: Findings): void {
  const { truth, kind, first, length, lives, acknowledged, seen } = expected;
  for (let step = 0; step < length; step++) {
    if (acknowledged[step] === 0) continue;
    findings.checked += kind.values.count;
    for (let series = 0; series < kind.values.count; series++) {
      if (seen[series * length + step] !== 0) continue;
      const { name, labels } = kind.pages.seriesIn(series, lives[step]!);
      const time = timeOf(schedule, truth.number, first + step);
      note(findings, 'missing', `${truth.name} ${name}${JSON.stringify(labels)} at ${time}`);
    }
  }
}

/** A label with an empty value is no label: Prometheus' data model. */
function seriesKey({ name, labels }: PageSeries): string {
  const own = labels.filter(([label, value]) => label !== 'job' && value !== '');
  return JSON.stringify([name, own.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

const VIEW = new DataView(new ArrayBuffer(8));

function hexOf(value: number): string {
  VIEW.setFloat64(0, value);
  return VIEW.getBigUint64(0).toString(16).padStart(16, '0');
}

function double(hex: string): number {
  VIEW.setBigUint64(0, BigInt(`0x${hex}`));
  return VIEW.getFloat64(0);
}
