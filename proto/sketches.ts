import { type DistributionPlan, isSketched } from '../lib/distribution.ts';
import { cellsOf } from '../lib/sketch.ts';
import { PLAIN_RESULTS, type Rest, wantsRest } from '../lib/window-part.ts';
import type { CborReader } from './cbor-reader.ts';
import { CborWriter } from './cbor-writer.ts';
import { LIMITS } from './limits.ts';
import { checkSeries, type PageSeries, readSeries, writeSeries } from './page.ts';
import {
  type Distribution,
  readDistribution,
  readRest,
  readSummary,
  writeDistribution,
  writeRest,
  writeSummary,
} from './sketch-columns.ts';
import { malformed, overLimit } from './wire-error.ts';

/** What one relay, or one process of a relay, has of one window of a roll-up rule, group by group. */
export interface SketchWindow extends DistributionPlan {
  readonly rule: string;
  /** Which of the relay's processes has it; null: the relay is one. */
  readonly worker: number | null;
  /** Where the window ends, ms since the epoch. */
  readonly end: number;
  /** How long after its end the relay waited for samples, ms. */
  readonly lateness: number;
  /** At least one; sorted as the series of a page. A name is that of the outputs without what it ends in. */
  readonly groups: readonly SketchGroup[];
  /** Length of the window, ms; 0: not said, and no output needs it. */
  readonly interval?: number;
  /** The relay's own result: what its processes have is merged, and not what other relays have. */
  readonly own?: boolean;
  /** What the samples that went in are called in a store, where they are all there; else null. */
  readonly inputs?: SketchInputs | null;
}

export interface SketchGroup {
  readonly series: PageSeries;
  readonly distribution: Distribution;
  readonly rest?: Rest;
  /** Some of its samples may be in what another relay has, too, or in neither: their host changed its relay. */
  readonly touched?: boolean;
}

/** In frames of a collector: its windows stand by themselves, under its own instance. */
export const HOST_RULE = 'host';
/** In frames of a collector: those of all hosts that have the series are merged, without an instance. */
export const FLEET_RULE = 'fleet';

/** What a rule takes, and how it groups it. */
export interface SketchInputs {
  /** PromQL selectors, one of which a series meets. */
  readonly match: readonly string[];
  readonly by: readonly string[];
  readonly without: readonly string[];
  /** ms */
  readonly staleness: number;
}

/** The newest layout that this version reads: a core says it to its relays. */
export const SKETCH_LAYOUT = 2;

/** Parts of the first layout, which has no more than distributions, and of the second. */
const PARTS = 8;
const MORE_PARTS = 11;
/** The longest window of a rule, how long it may wait for samples, and the last instant that a Date can be; ms. */
const MOST_INTERVAL = 86_400_000;
const MOST_LATENESS = 31 * 86_400_000;
const MOST_TIME = 8.64e15;
/** Selectors of a rule, or labels that it groups by. */
const MOST_TEXTS = 256;
const SELECTOR_BYTES = 65_536;

/** Buckets of sketches, as `LIMITS.sketchCells` counts them: groups that have more go into several frames. */
export function sketchCells(groups: readonly SketchGroup[]): number {
  return groups.reduce((sum, { distribution: { sketch } }) => sum + cellsOf(sketch), 0);
}

/**
 * In the first layout where that says all of it: then every core can read it.
 * @throws HG_WIRE_LIMIT, HG_WIRE_LABEL, HG_WIRE_VALUE
 */
export function encodeSketchesBody(window: SketchWindow): Uint8Array {
  const { groups, quantiles, bounds, plain, own = false } = window;
  if (groups.length > LIMITS.seriesPerPage) throw overLimit('sketches of a frame', groups.length, LIMITS.seriesPerPage);
  const cells = sketchCells(groups);
  if (cells > LIMITS.sketchCells) throw overLimit('buckets of a frame', cells, LIMITS.sketchCells);
  checkSeries(groups.map(({ series }) => series));
  const more = own || wantsRest(window) || groups.some(({ touched }) => touched);
  const writer = new CborWriter(256 + groups.length * 512);
  writer.array(more ? MORE_PARTS : PARTS).text(window.rule, LIMITS.nameBytes);
  if (window.worker === null) writer.null();
  else writer.uint(window.worker);
  writer.uint(window.end).uint(window.lateness);
  writeNumbers(writer, quantiles);
  writeNumbers(writer, bounds);
  writer.array(plain.length);
  for (const name of plain) writer.text(name, LIMITS.nameBytes);
  writer.array(groups.length);
  for (const { series, distribution, rest, touched = false } of groups) {
    writer.array(more ? 4 : 2);
    writeSeries(writer, series);
    if (!more || isSketched(window)) writeDistribution(writer, distribution);
    else writeSummary(writer, distribution);
    if (!more) continue;
    if (rest) writeRest(writer, rest);
    else writer.null();
    writer.boolean(touched);
  }
  if (!more) return writer.take();
  writer.uint(window.interval ?? 0).boolean(own);
  // Only where somebody may want to read them again.
  writeInputs(writer, groups.some(({ touched }) => touched) ? (window.inputs ?? null) : null);
  return writer.take();
}

/** @throws HG_WIRE_*; no other error, for any bytes */
export function readSketches(reader: CborReader): SketchWindow {
  const parts = reader.array(MORE_PARTS, 'the sketches of a window');
  if (parts !== PARTS && parts !== MORE_PARTS) throw malformed(`sketches of ${parts} parts`);
  const more = parts === MORE_PARTS;
  const rule = reader.text(LIMITS.nameBytes, 'the name of a rule');
  const worker = reader.isNull() ? null : reader.uint('the worker of a relay');
  const end = reader.uint('the end of a window');
  if (end > MOST_TIME) throw overLimit('the end of a window', end, MOST_TIME);
  const lateness = reader.uint('the lateness of a rule');
  if (lateness > MOST_LATENESS) throw overLimit('ms of lateness', lateness, MOST_LATENESS);
  const quantiles = readNumbers(reader, 'the quantiles of a rule');
  if (quantiles.some((phi) => phi < 0 || phi > 1)) throw malformed('a quantile that is not from 0 to 1');
  const bounds = readNumbers(reader, 'the bounds of a rule');
  if (bounds.some((bound, i) => i > 0 && bounds[i - 1]! >= bound)) throw malformed('bounds that do not ascend');
  const plain = readTexts(reader, LIMITS.sketchNumbers, LIMITS.nameBytes, 'the outputs of a rule');
  for (const name of plain) {
    if (!Object.hasOwn(PLAIN_RESULTS, name)) throw malformed('an output that is not known');
  }
  const plan = { quantiles, bounds, plain };
  if (!more && wantsRest(plan)) throw malformed('an output that a distribution does not give');
  const count = reader.array(LIMITS.seriesPerPage, 'the groups of a window');
  if (count < 1) throw malformed('a window of no groups');
  const groups: SketchGroup[] = [];
  const room = { left: LIMITS.sketchCells };
  for (let i = 0; i < count; i++) {
    reader.tuple(more ? 4 : 2, 'a group');
    const series = readSeries(reader);
    const sketched = !more || isSketched(plan);
    const distribution = sketched ? readDistribution(reader, bounds.length, room) : readSummary(reader);
    if (!more) {
      groups.push({ series, distribution });
      continue;
    }
    const rest = reader.isNull() ? undefined : readRest(reader);
    groups.push({ series, distribution, rest, touched: reader.boolean('whether a hand-over touched it') });
  }
  checkSeries(groups.map(({ series }) => series));
  const window = { rule, worker, end, lateness, ...plan, groups };
  if (!more) return window;
  const interval = reader.uint('the length of a window');
  if (interval > MOST_INTERVAL) throw overLimit('ms of a window', interval, MOST_INTERVAL);
  return { ...window, interval, own: reader.boolean('whose a result is'), inputs: readInputs(reader) };
}

/**
 * Of whom sketches are, for who passes them on: of the rest only that it is CBOR is looked at.
 * @throws HG_WIRE_*; no other error, for any bytes
 */
export function readSketchSeries(reader: CborReader): PageSeries[] {
  const parts = reader.array(MORE_PARTS, 'the sketches of a window');
  if (parts !== PARTS && parts !== MORE_PARTS) throw malformed(`sketches of ${parts} parts`);
  for (let before = PARTS - 1; before > 0; before--) reader.skip();
  const groupParts = parts === MORE_PARTS ? 4 : 2;
  const all: PageSeries[] = [];
  for (let left = reader.array(LIMITS.seriesPerPage, 'the groups of a window'); left > 0; left--) {
    reader.tuple(groupParts, 'a group');
    all.push(readSeries(reader));
    for (let rest = groupParts - 1; rest > 0; rest--) reader.skip();
  }
  checkSeries(all);
  for (let after = parts - PARTS; after > 0; after--) reader.skip();
  return all;
}

function writeInputs(writer: CborWriter, inputs: SketchInputs | null): void {
  if (inputs === null) {
    writer.null();
    return;
  }
  writer.array(4);
  for (const texts of [inputs.match, inputs.by, inputs.without]) {
    if (texts.length > MOST_TEXTS) throw overLimit('selectors or labels of a rule', texts.length, MOST_TEXTS);
    writer.array(texts.length);
    for (const text of texts) writer.text(text, SELECTOR_BYTES);
  }
  writer.uint(inputs.staleness);
}

function readInputs(reader: CborReader): SketchInputs | null {
  if (reader.isNull()) return null;
  reader.tuple(4, 'the inputs of a rule');
  return {
    match: readTexts(reader, MOST_TEXTS, SELECTOR_BYTES, 'the selectors of a rule'),
    by: readTexts(reader, MOST_TEXTS, SELECTOR_BYTES, 'the labels of a rule'),
    without: readTexts(reader, MOST_TEXTS, SELECTOR_BYTES, 'the labels of a rule'),
    staleness: reader.uint('the staleness of a rule'),
  };
}

function readTexts(reader: CborReader, most: number, bytes: number, what: string): string[] {
  const texts: string[] = [];
  for (let left = reader.array(most, what); left > 0; left--) texts.push(reader.text(bytes, what));
  return texts;
}

function writeNumbers(writer: CborWriter, numbers: readonly number[]): void {
  if (numbers.length > LIMITS.sketchNumbers) {
    throw overLimit('quantiles or bounds of a rule', numbers.length, LIMITS.sketchNumbers);
  }
  writer.array(numbers.length);
  for (const number of numbers) writer.number(number);
}

function readNumbers(reader: CborReader, what: string): number[] {
  const numbers: number[] = [];
  for (let left = reader.array(LIMITS.sketchNumbers, what); left > 0; left--) numbers.push(reader.finite(what));
  return numbers;
}
