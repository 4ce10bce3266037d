import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { dayFile } from './days.ts';

interface Day {
  readonly file: number;
  readonly database: DatabaseSync;
  readonly one: StatementSync;
  readonly many: StatementSync;
}

/** Reads the rows of the days' files, in any thread. Handles are kept open; `forget` before a file is deleted. */
export class DayReader {
  readonly #directory: string;
  readonly #open = new Map<number, Day>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  forget(day: number): void {
    this.#open.get(day)?.database.close();
    this.#open.delete(day);
  }

  /**
   * Gives every row of the window for these series (ascending) that has a generation below `before`, by series and then in
   * the order in which they were written; nothing when the day was deleted meanwhile. `give` gets the place of the series in
   * `series`.
   * @param file the number that DayFiles gave the day's file
   */
  read(
    day: number,
    file: number,
    window: number,
    series: Int32Array,
    before: number,
    give: (place: number, data: Uint8Array) => void,
  ): void {
    const handle = series.length === 0 ? null : this.#handle(day, file);
    if (!handle) return;
    const { one, many } = handle;
    const first = series[0]!;
    const last = series.at(-1)!;
    if (last - first < series.length * 4) {
      let place = 0;
      for (const row of many.iterate(window, first, last, before) as unknown as Iterable<[number, Uint8Array]>) {
        while (place < series.length && series[place]! < row[0]) place++;
        if (series[place] === row[0]) give(place, row[1]);
      }
      return;
    }
    series.forEach((id, place) => {
      for (const row of one.all(window, id, before) as unknown as [Uint8Array][]) give(place, row[0]);
    });
  }

  close(): void {
    for (const { database } of this.#open.values()) database.close();
    this.#open.clear();
  }

  /** A handle from before the day was deleted would go on reading what is no longer there. */
  #handle(day: number, file: number): Day | null {
    const there = this.#open.get(day);
    if (there?.file === file) return there;
    this.forget(day);
    const path = join(this.#directory, dayFile(day));
    let database: DatabaseSync;
    try {
      database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    } catch (error) {
      if (existsSync(path)) throw error;
      return null;
    }
    database.exec('PRAGMA cache_size=-8192; PRAGMA mmap_size=1073741824;');
    const where = 'AND generation < ? ORDER BY series, generation';
    const one = database.prepare(`SELECT data FROM chunk WHERE window = ? AND series = ? ${where}`);
    const many = database.prepare(
      `SELECT series, data FROM chunk WHERE window = ? AND series BETWEEN ? AND ? ${where}`,
    );
    one.setReturnArrays(true);
    many.setReturnArrays(true);
    const made = { file, database, one, many };
    this.#open.set(day, made);
    return made;
  }
}
