import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { decode, encode } from 'cbor-x';
import { databaseError } from '../disk/damage.ts';
import type { RefusedSamples } from '../engines/victoriametrics/job.ts';
import type { LetterBudget } from '../letters/budget.ts';
import { flatLabels } from '../metrics/target-labels.ts';
import type { FrameId, MetricFrame } from '../ports/frames.ts';
import type { Objects } from '../ports/objects.ts';

const FOLDER = 'dead-letters/series/';
/** Of the bytes that all letters may take, series may take so much. */
const SHARE = 1 / 4;

/** The series of a frame that a metric store refused, with their samples. */
export interface SeriesLetter {
  readonly v: 1;
  readonly id: FrameId;
  readonly relay: string;
  readonly received: number;
  readonly series: readonly {
    /** Name, value, name, value ... */
    readonly labels: readonly string[];
    /** The store's words. */
    readonly why: string;
    readonly samples: readonly (readonly [time: number, value: number])[];
  }[];
}

/**
 * Dead letters of single series: what the metric store would not take of a frame, with its words. The store counts the samples as dropped
 * with their frame, so no account is made of them here. One letter a frame, named by the frame: one that comes again is kept once.
 */
export class RefusedSeries {
  readonly #objects: Objects;
  readonly #state: DatabaseSync;
  readonly #now: () => number;
  readonly #budget: LetterBudget;
  readonly #onLeftOut: (id: FrameId) => void;

  /** @param budget beyond it, or a quarter of it, series are counted and named, without their labels and samples, and `onLeftOut` is told */
  constructor(
    objects: Objects,
    state: DatabaseSync,
    now: () => number,
    budget: LetterBudget,
    onLeftOut: (id: FrameId) => void,
  ) {
    this.#objects = objects;
    this.#state = state;
    this.#now = now;
    this.#budget = budget;
    this.#onLeftOut = onLeftOut;
  }

  /**
   * Resolves when the series are durable: in an object, and in a row that says why.
   * @throws HeliographError HG_STORE_DISK, HG_OBJECT_DISK, or of the objects' engine
   */
  async put(frame: MetricFrame, { series }: RefusedSamples): Promise<void> {
    const { id, relay, received, target } = frame;
    const letters = frame.rows.flatMap(({ page, times, values, present }) =>
      page.series.flatMap((one, column) => {
        const refusal = series.find((refused) => refused.column === column && refused.page === page);
        if (!refusal) return [];
        const n = page.series.length;
        const samples = Array.from(times, (time, i) => [time, values[i * n + column]!, present?.[i * n + column] ?? 1]);
        const kept = samples
          .filter(([, , there]) => there === 1)
          .map(([time, value]): [number, number] => [time!, value!]);
        return [{ labels: flatLabels(one, target), why: refusal.reason, samples: kept }];
      }),
    );
    if (this.#state.prepare('SELECT 1 FROM refused_series WHERE key = ?').get(keyOfSeries(id)) !== undefined) return;
    const letter: SeriesLetter = { v: 1, id, relay, received, series: letters };
    const bytes = encode(letter);
    const kept = this.#used() + bytes.length <= this.#budget.maxBytes * SHARE && this.#budget.take(bytes.length);
    if (!kept) this.#onLeftOut(id);
    const object = kept ? `${FOLDER}${keyOfSeries(id)}` : null;
    try {
      if (object !== null) await this.#objects.put(object, bytes);
      this.#enter(letter, this.#now(), kept ? bytes.length : 0, object);
    } catch (error) {
      if (kept) this.#budget.release(bytes.length);
      throw databaseError('core.db', error);
    }
  }

  /** Enters letters that an earlier version kept without a row. Gives their number. @throws HeliographError HG_STORE_DISK, or of the objects */
  async adopt(): Promise<number> {
    let adopted = 0;
    for await (const { key, modified } of this.#objects.list(FOLDER)) {
      const named = this.#state.prepare('SELECT 1 FROM refused_series WHERE key = ?').get(key.slice(FOLDER.length));
      const bytes = named === undefined ? await this.#objects.get(key) : null;
      if (bytes === null) continue;
      const letter = decode(bytes) as SeriesLetter;
      this.#enter(letter, modified, this.#budget.take(bytes.length) ? bytes.length : 0, key);
      adopted++;
    }
    return adopted;
  }

  #used(): number {
    return Number(this.#state.prepare('SELECT coalesce(sum(bytes), 0) AS bytes FROM refused_series').get()!.bytes);
  }

  #enter({ id, series }: SeriesLetter, time: number, bytes: number, object: string | null): void {
    const items = series.reduce((sum, { samples }) => sum + samples.length, 0);
    try {
      this.#state
        .prepare(
          `INSERT OR IGNORE INTO refused_series (key, host, boot, sequence, why, series, items, time, bytes, object)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          keyOfSeries(id),
          id.host,
          id.boot,
          id.sequence,
          series[0]?.why ?? '',
          series.length,
          items,
          time,
          bytes,
          object,
        );
    } catch (error) {
      throw databaseError('core.db', error);
    }
  }
}

/** 32 hex digits that name a letter by its frame. */
export function keyOfSeries(id: FrameId): string {
  const name = `${id.host}\0${id.boot}\0${id.class}\0${id.sequence}`;
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}
