import type { Clock } from '../../../lib/clock.ts';
import { countPresent, countReason, refuseSamples } from '../../metrics/sample-filter.ts';
import type { MetricFrame } from '../../ports/frames.ts';
import type { FrameOutcome } from '../../ports/metric-store.ts';
import { type FrameRows, RefusedSamples } from './job.ts';
import type { SeriesBytes } from './series-bytes.ts';

/** What is decided of a frame before it is sent. */
export interface Prepared {
  readonly frame: MetricFrame;
  readonly rows: readonly FrameRows[];
  readonly samples: number;
  readonly dropped: Record<string, number>;
  readonly refused: RefusedSamples;
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

  constructor(parts: PreparerParts) {
    this.#parts = parts;
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
    const rows = frame.rows.flatMap((row, source): FrameRows[] => {
      const n = row.page.series.length;
      if (row.values.length !== row.times.length * n || (row.present && row.present.length !== row.values.length)) {
        countReason(dropped, 'malformed', countPresent(row.present, row.values.length));
        return [];
      }
      const group = this.#parts.series.of(row.page, frame.target);
      const value = nanCheck(row.values);
      const checks = { time, columns: group.refused, ...(value === undefined ? {} : { value }) };
      const mask = refuseSamples(row, n, checks, dropped);
      if (countPresent(mask, row.values.length) === 0) return [];
      return [{ group, times: row.times, values: row.values, mask, frame: refused, source, page: row.page }];
    });
    return { frame, rows, samples: rows.reduce((sum, row) => sum + presentOf(row), 0), dropped, refused };
  }

  /** The same for a frame of which something was refused already, and told. */
  again(frame: MetricFrame, outcome: FrameOutcome): Prepared {
    const refused = new RefusedSamples();
    const dropped = { ...outcome.dropped };
    const rows = frame.rows.map((row, source): FrameRows => {
      const { page, times, values } = row;
      const group = this.#parts.series.of(page, frame.target);
      // The engine may have come back with narrower limits.
      const mask = refuseSamples(row, group.size, { time: () => null, columns: group.refused }, dropped);
      return { group, times, values, mask, frame: refused, source, page };
    });
    return { frame, rows, samples: rows.reduce((sum, row) => sum + presentOf(row), 0), dropped, refused };
  }
}

/** What is lost of a frame by the time it is safe, by reason. */
export function droppedOf({ dropped, refused }: Prepared): Record<string, number> {
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
  if (!hasNan(values)) return undefined;
  const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length);
  return (value, at) => (Number.isNaN(value) && bits[at] !== STALE ? 'nan' : null);
}

function hasNan(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i]!)) return true;
  return false;
}
