import type { DistributionPlan } from '../lib/distribution.ts';
import { PLAIN_RESULTS } from '../lib/distribution.ts';
import type { CborReader } from './cbor-reader.ts';
import { CborWriter } from './cbor-writer.ts';
import { LIMITS } from './limits.ts';
import { checkSeries, type PageSeries, readSeries, writeSeries } from './page.ts';
import { type Distribution, readDistribution, writeDistribution } from './sketch-columns.ts';
import { malformed, overLimit } from './wire-error.ts';

/** What one relay has of one window of a roll-up rule, group by group. */
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
}

export interface SketchGroup {
  readonly series: PageSeries;
  readonly distribution: Distribution;
}

/** In frames of a collector: its windows stand by themselves, under its own instance. */
export const HOST_RULE = 'host';
/** In frames of a collector: those of all hosts that have the series are merged, without an instance. */
export const FLEET_RULE = 'fleet';

/** @throws HG_WIRE_LIMIT, HG_WIRE_LABEL, HG_WIRE_VALUE */
export function encodeSketchesBody(window: SketchWindow): Uint8Array {
  const { groups, quantiles, bounds, plain } = window;
  if (groups.length > LIMITS.seriesPerPage) throw overLimit('sketches of a frame', groups.length, LIMITS.seriesPerPage);
  checkSeries(groups.map(({ series }) => series));
  const writer = new CborWriter(256 + groups.length * 512);
  writer.array(8).text(window.rule, LIMITS.nameBytes);
  if (window.worker === null) writer.null();
  else writer.uint(window.worker);
  writer.uint(window.end).uint(window.lateness);
  writeNumbers(writer, quantiles);
  writeNumbers(writer, bounds);
  writer.array(plain.length);
  for (const name of plain) writer.text(name, LIMITS.nameBytes);
  writer.array(groups.length);
  for (const { series, distribution } of groups) {
    writer.array(2);
    writeSeries(writer, series);
    writeDistribution(writer, distribution);
  }
  return writer.take();
}

/** @throws HG_WIRE_*; no other error, for any bytes */
export function readSketches(reader: CborReader): SketchWindow {
  reader.tuple(8, 'the sketches of a window');
  const rule = reader.text(LIMITS.nameBytes, 'the name of a rule');
  const worker = reader.isNull() ? null : reader.uint('the worker of a relay');
  const end = reader.uint('the end of a window');
  const lateness = reader.uint('the lateness of a rule');
  const quantiles = readNumbers(reader, 'the quantiles of a rule');
  if (quantiles.some((phi) => phi < 0 || phi > 1)) throw malformed('a quantile that is not from 0 to 1');
  const bounds = readNumbers(reader, 'the bounds of a rule');
  if (bounds.some((bound, i) => i > 0 && bounds[i - 1]! >= bound)) throw malformed('bounds that do not ascend');
  const plain: string[] = [];
  for (let left = reader.array(LIMITS.sketchNumbers, 'the outputs of a rule'); left > 0; left--) {
    const name = reader.text(LIMITS.nameBytes, 'an output of a rule');
    if (!Object.hasOwn(PLAIN_RESULTS, name)) throw malformed('an output that is not known');
    plain.push(name);
  }
  const count = reader.array(LIMITS.seriesPerPage, 'the groups of a window');
  if (count < 1) throw malformed('a window of no groups');
  const groups: SketchGroup[] = [];
  for (let i = 0; i < count; i++) {
    reader.tuple(2, 'a group');
    const series = readSeries(reader);
    groups.push({ series, distribution: readDistribution(reader, bounds.length) });
  }
  checkSeries(groups.map(({ series }) => series));
  return { rule, worker, end, lateness, quantiles, bounds, plain, groups };
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
