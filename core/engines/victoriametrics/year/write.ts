import type { PageSeries } from '../../../../proto/page.ts';
import type { ResolvedPage } from '../../../ports/frames.ts';
import type { SeriesSamples } from '../../../ports/metric-store.ts';
import type { Address } from '../address.ts';
import { type FrameRows, Job, Piece, RefusedSamples } from '../job.ts';
import type { SeriesBytes } from '../series-bytes.ts';
import { AGGREGATES, WINDOW_LABEL, windowLabel } from './window.ts';

/** The windows of one series: values row by row in the order of AGGREGATES, NaN where there is none. */
export interface SeriesWindows {
  readonly labels: SeriesSamples['labels'];
  readonly values: Float64Array;
}

export interface WriterParts {
  readonly address: Address;
  readonly series: SeriesBytes;
  readonly windowMs: number;
  /** A series that the engine does not take. */
  readonly onRefused: (reason: string, series: PageSeries) => void;
}

export interface Written {
  readonly samples: number;
  readonly durable: Promise<void>;
}

const N = AGGREGATES.length;

/** Writes windows to the year's engine, and says when they are on its disk. */
export class WindowWriter {
  readonly #parts: WriterParts;
  readonly #labels: readonly string[];

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#labels = AGGREGATES.map((aggregate) => windowLabel(aggregate, parts.windowMs));
  }

  /**
   * @param stamps the time of the samples of each window, ms; null: it is left as it is
   * @returns how many samples there were, when the engine has answered; `durable` rejects if it does not take them, and resolves when they are on its disk
   */
  async write(batch: readonly SeriesWindows[], stamps: readonly (number | null)[]): Promise<Written> {
    const { address, series: bytes, onRefused } = this.#parts;
    const page: ResolvedPage = { hash: '', series: batch.flatMap(({ labels }) => this.#series(labels)) };
    const group = bytes.of(page, {});
    const refused = new RefusedSamples();
    group.refused?.forEach((reason, at) => {
      if (reason !== null) onRefused(reason, page.series[at]!);
    });
    const rows = stamps.flatMap((stamp, window): FrameRows[] => {
      const row = stamp === null ? null : rowOf(batch, window, group.refused);
      if (stamp === null || row === null) return [];
      return [{ group, times: Float64Array.of(stamp), ...row, frame: refused, source: window, page }];
    });
    if (rows.length === 0) return { samples: 0, durable: Promise.resolve() };
    const samples = rows.reduce((sum, { mask }) => sum + mask!.reduce((some, one) => some + one, 0), 0);
    const accepted = Promise.withResolvers<void>();
    const job = new Job(1, accepted.resolve);
    address.push(new Piece(rows, samples, job));
    await Promise.race([accepted.promise, job.durable]);
    for (const { column } of refused.series) onRefused('refused_by_store', page.series[column]!);
    return { samples: samples - refused.samples, durable: job.durable };
  }

  #series(labels: SeriesSamples['labels']): PageSeries[] {
    const { __name__: name = '', ...rest } = labels;
    const own = Object.entries(rest);
    return this.#labels.map((label) => ({ name, labels: [...own, [WINDOW_LABEL, label] as const] }));
  }
}

/** The values of one window of all series; null: there are none. */
function rowOf(batch: readonly SeriesWindows[], window: number, refused: readonly (string | null)[] | null) {
  const values = new Float64Array(batch.length * N);
  const mask = new Uint8Array(values.length);
  let some = false;
  for (const [i, one] of batch.entries()) {
    for (let k = 0; k < N; k++) {
      const value = one.values[window * N + k]!;
      const at = i * N + k;
      if (Number.isNaN(value) || (refused !== null && refused[at] !== null)) continue;
      values[at] = value;
      mask[at] = 1;
      some = true;
    }
  }
  return some ? { values, mask } : null;
}
