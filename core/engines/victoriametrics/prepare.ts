import type { Clock } from '../../../lib/clock.ts';
import { countPresent, countReason, refuseSamples } from '../../metrics/sample-filter.ts';
import type { MetricFrame } from '../../ports/frames.ts';
import type { FrameOutcome } from '../../ports/metric-store.ts';
import { type FrameRows, RefusedSamples } from './job.ts';
import type { SeriesBytes } from './series-bytes.ts';

/** One for all, since they are held by the thousand. */
const NOTHING: Readonly<Record<string, number>> = {};
const NO_TIMES: readonly Float64Array[] = [];

/** What is decided of a frame before it is sent. */
export class Prepared {
  readonly id: MetricFrame['id'];
  readonly instance: string;
  readonly samples: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly refused: RefusedSamples;
  /** Of its rows, where somebody asks for them when it is durable. */
  readonly times: readonly Float64Array[];
  /** Null and none once they are in requests, which are kept until they are safe: samples are not kept twice. */
  frame: MetricFrame | null;
  rows: readonly FrameRows[];

  constructor(
    frame: MetricFrame,
    rows: readonly FrameRows[],
    dropped: Record<string, number>,
    refused: RefusedSamples,
    keepTimes: boolean,
  ) {
    this.id = frame.id;
    this.instance = frame.target.instance ?? '';
    this.frame = frame;
    this.rows = rows;
    this.dropped = Object.keys(dropped).length === 0 ? NOTHING : dropped;
    this.refused = refused;
    this.times = keepTimes ? rows.map(({ times }) => times) : NO_TIMES;
    let samples = 0;
    for (const row of rows) samples += presentOf(row);
    this.samples = samples;
  }

  /** All of it was answered for. What was refused is still to be kept elsewhere, with its samples. */
  letGo(): void {
    if (this.refused.samples > 0) return;
    this.frame = null;
    this.rows = [];
  }
}

export interface PreparerParts {
  readonly series: SeriesBytes;
  readonly clock: Clock;
  readonly retentionMs: number;
  /** Samples further ahead of the clock are refused, ms. */
  readonly futureMs: number;
}

/** A staleness marker: the one NaN that means something. Prometheus, model/value. */
const STALE = 0x7ff0000000000002n;

/** Decides sample by sample what is sent of a frame, and refuses with a reason what the engine would drop behind a success. */
export class FramePreparer {
  readonly #parts: PreparerParts;
  readonly #keepTimes: boolean;

  constructor(parts: PreparerParts, keepTimes: boolean) {
    this.#parts = parts;
    this.#keepTimes = keepTimes;
  }

  prepare(frame: MetricFrame): Prepared {
    const { clock, retentionMs, futureMs } = this.#parts;
    const now = clock.now();
    const time = (at: number) => {
      if (!Number.isSafeInteger(at)) return 'bad_time';
      if (at < now - retentionMs) return 'outside_retention';
      return at > now + futureMs ? 'future' : null;
    };
    const dropped: Record<string, number> = {};
    const refused = new RefusedSamples();
    const rows: FrameRows[] = [];
    for (const [source, row] of frame.rows.entries()) {
      const { page, times, values, present, finite = false } = row;
      const n = page.series.length;
      if (values.length !== times.length * n || (present && present.length !== values.length)) {
        countReason(dropped, 'malformed', countPresent(present, values.length));
        continue;
      }
      const group = this.#parts.series.of(page, frame.target);
      const value = finite ? undefined : nanCheck(values);
      const checks = { time, columns: group.refused, ...(value === undefined ? {} : { value }) };
      const mask = refuseSamples(row, n, checks, dropped);
      if (mask !== null && countPresent(mask, values.length) === 0) continue;
      rows.push({ group, times, values, mask, finite, frame: refused, source, page });
    }
    return new Prepared(frame, rows, dropped, refused, this.#keepTimes);
  }

  /** The same for a frame of which something was refused already, and told. */
  again(frame: MetricFrame, outcome: FrameOutcome): Prepared {
    const refused = new RefusedSamples();
    const dropped = { ...outcome.dropped };
    const rows = frame.rows.map((row, source): FrameRows => {
      const { page, times, values, finite = false } = row;
      const group = this.#parts.series.of(page, frame.target);
      // The engine may have come back with narrower limits.
      const mask = refuseSamples(row, group.size, { time: () => null, columns: group.refused }, dropped);
      return { group, times, values, mask, finite, frame: refused, source, page };
    });
    return new Prepared(frame, rows, dropped, refused, this.#keepTimes);
  }
}

/** What is lost of a frame by the time it is safe, by reason. */
export function droppedOf({ dropped, refused }: Prepared): Readonly<Record<string, number>> {
  return refused.samples === 0 ? dropped : { ...dropped, refused_by_store: refused.samples };
}

export function presentOf({ mask, values }: FrameRows): number {
  return countPresent(mask, values.length);
}

/** Samples of a frame as it came. */
export function itemsIn({ rows }: Pick<MetricFrame, 'rows'>): number {
  return rows.reduce((sum, { present, values }) => sum + countPresent(present, values.length), 0);
}

/** The engine drops an ordinary NaN behind a success. Undefined: there is none. */
function nanCheck(values: Float64Array): ((value: number, at: number) => string | null) | undefined {
  if (areFinite(values)) return undefined;
  const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length);
  return (value, at) => (Number.isNaN(value) && bits[at] !== STALE ? 'nan' : null);
}

/** Whether all are finite; three times as fast as asking each whether it is NaN. */
function areFinite(values: Float64Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}
