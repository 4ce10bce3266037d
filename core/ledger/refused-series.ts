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
 * Beyond their share of the bytes there is one row for all frames of a host with the same reason, so that rows do not grow without end either;
 * a frame that comes again counts twice there, unless it is the one that came last.
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
    const room = this.#budget.ofSeries + bytes.length <= this.#budget.maxBytes * SHARE;
    if (!room || !this.#budget.take(bytes.length, 'series')) {
      if (this.#count(letter, this.#now())) this.#onLeftOut(id);
      return;
    }
    const object = `${FOLDER}${keyOfSeries(id)}`;
    try {
      await this.#objects.put(object, bytes);
      this.#enter(letter, this.#now(), bytes.length, object);
    } catch (error) {
      this.#budget.release(bytes.length, 'series');
      throw databaseError('core.db', error);
    }
  }

  /**
   * Enters letters that an earlier version kept without a row; those that were purged or replayed and are not deleted yet stay gone.
   * Gives their number. @throws HeliographError HG_STORE_DISK, or of the objects
   */
  async adopt(): Promise<number> {
    let adopted = 0;
    const find = this.#state.prepare(
      'SELECT 1 FROM refused_series WHERE key = ? UNION ALL SELECT 1 FROM letter_garbage WHERE object = ?',
    );
    for await (const { key, modified } of this.#objects.list(FOLDER)) {
      const named = find.get(key.slice(FOLDER.length), key);
      const bytes = named === undefined ? await this.#objects.get(key) : null;
      if (bytes === null) continue;
      const letter = decode(bytes) as SeriesLetter;
      this.#enter(letter, modified, this.#budget.take(bytes.length, 'series') ? bytes.length : 0, key);
      adopted++;
    }
    return adopted;
  }

  #enter(letter: SeriesLetter, time: number, bytes: number, object: string): void {
    this.#insert(keyOfSeries(letter.id), letter, time, bytes, object, 'NOTHING');
  }

  /** Adds a letter without bytes to the row of its host and its reason, which bears the name of the frame that came last. False: it is that one. */
  #count(letter: SeriesLetter, time: number): boolean {
    const more = `UPDATE SET frames = frames + 1, series = series + excluded.series, items = items + excluded.items,
      time = excluded.time, boot = excluded.boot, sequence = excluded.sequence
      WHERE boot <> excluded.boot OR sequence <> excluded.sequence`;
    return this.#insert(keyOf(`${letter.id.host}\0${whyOf(letter)}`), letter, time, 0, null, more);
  }

  #insert(
    key: string,
    letter: SeriesLetter,
    time: number,
    bytes: number,
    object: string | null,
    there: string,
  ): boolean {
    const { id, series } = letter;
    const items = series.reduce((sum, { samples }) => sum + samples.length, 0);
    try {
      const { changes } = this.#state
        .prepare(
          `INSERT INTO refused_series (key, host, boot, sequence, why, series, items, time, bytes, object)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO ${there}`,
        )
        .run(key, id.host, id.boot, id.sequence, whyOf(letter), series.length, items, time, bytes, object);
      return Number(changes) > 0;
    } catch (error) {
      throw databaseError('core.db', error);
    }
  }
}

/** One reason for a frame, as its row shows it: that of the first series. */
function whyOf({ series }: SeriesLetter): string {
  return series[0]?.why ?? '';
}

/** 32 hex digits that name a letter by its frame. */
export function keyOfSeries(id: FrameId): string {
  return keyOf(`${id.host}\0${id.boot}\0${id.class}\0${id.sequence}`);
}

function keyOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}
