import type { PageSeries, ResolvedPage } from '../../../ports/frames.ts';
import type { SeriesSamples } from '../../../ports/metric-store.ts';
import type { Address } from '../address.ts';
import { type FrameRows, Job, Piece, RefusedSamples } from '../job.ts';
import type { SeriesGroup } from '../series-bytes.ts';
import { PageTemplates, TemplateMemory } from '../templates.ts';
import type { WindowLabels } from './labels.ts';
import { AGGREGATES } from './window.ts';

/** The windows of one series: values row by row in the order of AGGREGATES, NaN where there is none. */
export interface SeriesWindows {
  readonly labels: SeriesSamples['labels'];
  readonly values: Float64Array;
}

export interface Written {
  readonly samples: number;
  readonly durable: Promise<void>;
}

const N = AGGREGATES.length;
/** Series that are written once need none. */
const NO_TEMPLATES = new TemplateMemory(0);
/** Of a page only its length is asked for here. */
const NO_SERIES: PageSeries = { name: '', labels: [] };

/** Writes windows to the year's engine, and says when they are on its disk. */
export class WindowWriter {
  readonly #address: Address;
  readonly #labels: WindowLabels;
  readonly #onRefused: (reason: string, labels: SeriesSamples['labels']) => void;

  /** @param onRefused told of a series that the engine does not take */
  constructor(
    address: Address,
    labels: WindowLabels,
    onRefused: (reason: string, labels: SeriesSamples['labels']) => void,
  ) {
    this.#address = address;
    this.#labels = labels;
    this.#onRefused = onRefused;
  }

  /**
   * @param stamps the time of the samples of each window, ms; null: it is left as it is
   * @returns how many samples there were, when the engine has answered; `durable` rejects if it does not take them, and resolves when they are on its disk
   */
  async write(batch: readonly SeriesWindows[], stamps: readonly (number | null)[]): Promise<Written> {
    const taken: SeriesWindows[] = [];
    const bytes: Buffer[] = [];
    for (const series of batch) {
      const labels = this.#labels.of(series.labels);
      if (typeof labels === 'string') this.#onRefused(labels, series.labels);
      else {
        taken.push(series);
        bytes.push(...labels);
      }
    }
    const group: SeriesGroup = {
      page: {
        labels: bytes,
        bytes: bytes.reduce((sum, one) => sum + one.length, 0),
        templates: new PageTemplates(NO_TEMPLATES),
      },
      target: new Uint8Array(0),
      size: bytes.length,
      // Said one by one, so that no template is made of series that are written once.
      refused: bytes.map(() => null),
      columns: [null],
    };
    const page: ResolvedPage = { hash: '', series: new Array<PageSeries>(bytes.length).fill(NO_SERIES) };
    const refused = new RefusedSamples();
    let samples = 0;
    const rows = stamps.flatMap((stamp, window): FrameRows[] => {
      if (stamp === null) return [];
      const { values, mask, present } = rowOf(taken, window);
      samples += present;
      if (present === 0) return [];
      return [{ group, times: Float64Array.of(stamp), values, mask, frame: refused, source: window, page }];
    });
    if (samples === 0) return { samples: 0, durable: Promise.resolve() };
    const accepted = Promise.withResolvers<void>();
    const job = new Job(1, accepted.resolve);
    this.#address.push(new Piece(rows, samples, 1, job));
    await Promise.race([accepted.promise, job.durable]);
    for (const { column } of refused.series) {
      this.#onRefused('refused_by_store', taken[Math.floor(column / N)]!.labels);
    }
    return { samples: samples - refused.samples, durable: job.durable };
  }
}

/** The values of one window of all series, and how many there are. */
function rowOf(series: readonly SeriesWindows[], window: number) {
  const values = new Float64Array(series.length * N);
  const mask = new Uint8Array(values.length);
  let present = 0;
  let at = 0;
  for (const one of series) {
    for (let k = 0; k < N; k++, at++) {
      const value = one.values[window * N + k]!;
      if (Number.isNaN(value)) continue;
      values[at] = value;
      mask[at] = 1;
      present++;
    }
  }
  return { values, mask: present === mask.length ? null : mask, present };
}
