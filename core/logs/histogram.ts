import { HeliographError } from '../../lib/errors.ts';
import type { HistogramQuery, LogHistogram } from '../ports/log-store.ts';
import type { BlockLine } from './block.ts';

/** More than a screen has pixels for. */
const MOST_BUCKETS = 2_000;

/** Lines counted by time and level. */
export class Histogram {
  readonly #query: HistogramQuery;
  readonly #buckets: number;
  readonly #levels = new Map<string, number[]>();
  readonly #scanned = { blocks: 0, lines: 0 };
  #total = 0;

  /** Throws HG_LOG_QUERY. */
  constructor(query: HistogramQuery) {
    if (!(query.end > query.start)) throw new HeliographError('HG_LOG_QUERY', 'the end is not after the start');
    this.#buckets = Math.ceil((query.end - query.start) / query.step);
    if (!(query.step >= 1) || this.#buckets > MOST_BUCKETS) {
      throw new HeliographError(
        'HG_LOG_QUERY',
        `a step of ${query.step} ms is not one of at most ${MOST_BUCKETS} buckets`,
      );
    }
    this.#query = query;
  }

  add(lines: readonly BlockLine[], fits: (line: BlockLine) => boolean): void {
    this.#scanned.blocks++;
    this.#scanned.lines += lines.length;
    for (const line of lines) {
      if (!fits(line)) continue;
      let counts = this.#levels.get(line.level);
      if (!counts) {
        counts = new Array<number>(this.#buckets).fill(0);
        this.#levels.set(line.level, counts);
      }
      counts[Math.floor((line.time - this.#query.start) / this.#query.step)]!++;
      this.#total++;
    }
  }

  done(countedFrom: number | null): LogHistogram {
    const { start, end, step } = this.#query;
    return {
      start,
      end,
      step,
      levels: Object.fromEntries([...this.#levels].sort(([a], [b]) => (a < b ? -1 : 1))),
      total: this.#total,
      countedFrom,
      scanned: { ...this.#scanned },
    };
  }
}
