import type { PageSeries } from '../proto/page.ts';
import { type Findings, note } from './findings.ts';
import type { FleetKind } from './fleet-kind.ts';
import { linesOf } from './json-lines.ts';
import { jobOf } from './kinds.ts';
import { simulatedName } from './names.ts';
import { isRounded, largestOf } from './rounding.ts';
import { type Schedule, timeOf } from './schedule.ts';
import type { HostTruth } from './truth.ts';

/** Samples of one question to the store. */
const PAGE_SAMPLES = 300_000;

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

/** A host's steps, and which of them were seen in the store: for each series a byte a step. */
class Expected {
  readonly truth: HostTruth;
  readonly kind: FleetKind;
  readonly first: number;
  readonly length: number;
  /** By step: the life it was sampled in; -1: it was not. */
  readonly lives: Int32Array;
  readonly acknowledged: Uint8Array;
  readonly seen: Uint8Array;

  constructor(truth: HostTruth, kind: FleetKind) {
    this.truth = truth;
    this.kind = kind;
    this.first = truth.steps[0]!.from;
    this.length = truth.steps.at(-1)!.to - this.first + 1;
    this.lives = new Int32Array(this.length).fill(-1);
    this.acknowledged = new Uint8Array(this.length);
    this.seen = new Uint8Array(this.length * kind.values.count);
    for (const { life, from, to } of truth.steps) {
      this.lives.fill(life, from - this.first, to - this.first + 1);
      this.acknowledged.fill(1, from - this.first, to - this.first + 1);
    }
    for (const [from, to] of truth.openSteps) this.acknowledged.fill(0, from - this.first, to - this.first + 1);
  }

  /** The largest value of a series by size: what a store that rounds measures its rounding by. */
  largest(series: number): number {
    const { values } = this.kind;
    const all = Array.from(this.lives, (life, i) =>
      life < 0 ? 0 : values.at(this.truth.number, life, this.first + i, series),
    );
    return largestOf(all);
  }
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
  for (const page of pagesOf(truths, known)) await verifyPage(core, page, known.schedule, findings);
}

/** Hosts of one job, as many as make a page. */
function pagesOf(truths: readonly HostTruth[], { kind }: Known): Expected[][] {
  const pages: Expected[][] = [];
  const open = new Map<string, { page: Expected[]; samples: number }>();
  for (const truth of truths) {
    if (truth.steps.length === 0) continue;
    const expected = new Expected(truth, kind(truth.number));
    const job = jobOf(expected.kind.kind);
    let entry = open.get(job);
    if (!entry || entry.samples > PAGE_SAMPLES) {
      entry = { page: [], samples: 0 };
      open.set(job, entry);
      pages.push(entry.page);
    }
    entry.page.push(expected);
    entry.samples += expected.seen.length;
  }
  return pages;
}

async function verifyPage(core: URL, page: readonly Expected[], schedule: Schedule, findings: Findings): Promise<void> {
  const hosts = new Map(page.map((expected) => [simulatedName(expected.truth.number), expected]));
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
  expected: Expected,
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

function countMissing(expected: Expected, schedule: Schedule, findings: Findings): void {
  const { truth, kind, first, length, lives, acknowledged, seen } = expected;
  for (let step = 0; step < length; step++) {
    if (acknowledged[step] === 0) continue;
    findings.checked += kind.values.count;
    for (let series = 0; series < kind.values.count; series++) {
      if (seen[series * length + step] !== 0) continue;
      const { name, labels } = kind.pages.seriesIn(series, lives[step]!);
      const time = timeOf(schedule, truth.number, first + step);
      note(findings, 'missing', `${simulatedName(truth.number)} ${name}${JSON.stringify(labels)} at ${time}`);
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
