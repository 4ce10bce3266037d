import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { dayFile, dayOfFile } from './days.ts';

interface Day {
  readonly database: DatabaseSync;
  readonly one: StatementSync;
  readonly many: StatementSync;
}

/** Reads the days' files. Handles are kept open; `forget` before a file is deleted. */
export class DayReader {
  readonly #directory: string;
  readonly #open = new Map<number, Day>();
  #days: Set<number>;

  constructor(directory: string) {
    this.#directory = directory;
    this.#days = new Set(this.#list());
  }

  /** Days that have a file, ascending. */
  days(): number[] {
    return [...this.#days].sort((a, b) => a - b);
  }

  has(day: number): boolean {
    return this.#days.has(day);
  }

  /** The day has a file now. */
  learn(day: number): void {
    this.#days.add(day);
  }

  forget(day: number): void {
    this.#open.get(day)?.database.close();
    this.#open.delete(day);
    this.#days.delete(day);
  }

  /**
   * Gives every row of the window for these series (ascending), by series and then in the order in which they were written.
   * `give` gets the index of the series in `series`.
   */
  read(day: number, window: number, series: readonly number[], give: (index: number, data: Uint8Array) => void): void {
    if (!this.#days.has(day) || series.length === 0) return;
    const { one, many } = this.#handle(day);
    const first = series[0]!;
    const last = series.at(-1)!;
    if (last - first < series.length * 4) {
      let index = 0;
      for (const row of many.iterate(window, first, last) as unknown as Iterable<[number, Uint8Array]>) {
        while (index < series.length && series[index]! < row[0]) index++;
        if (series[index] === row[0]) give(index, row[1]);
      }
      return;
    }
    series.forEach((id, index) => {
      for (const row of one.all(window, id) as unknown as [Uint8Array][]) give(index, row[0]);
    });
  }

  /** The bits `finish` kept. */
  bits(day: number): Uint8Array {
    const row = this.#handle(day).database.prepare('SELECT series FROM seen WHERE one = 1').get();
    return row ? (row.series as Uint8Array) : new Uint8Array(0);
  }

  /** Bytes on disk of a day. */
  bytes(day: number): number {
    let sum = 0;
    for (const end of ['', '-wal']) {
      sum += statSync(join(this.#directory, dayFile(day) + end), { throwIfNoEntry: false })?.size ?? 0;
    }
    return sum;
  }

  close(): void {
    for (const { database } of this.#open.values()) database.close();
    this.#open.clear();
  }

  #handle(day: number): Day {
    const there = this.#open.get(day);
    if (there) return there;
    const database = new DatabaseSync(join(this.#directory, dayFile(day)), { readOnly: true, timeout: 5_000 });
    database.exec('PRAGMA cache_size=-8192; PRAGMA mmap_size=1073741824;');
    const one = database.prepare('SELECT data FROM chunk WHERE window = ? AND series = ? ORDER BY generation');
    const many = database.prepare(
      'SELECT series, data FROM chunk WHERE window = ? AND series BETWEEN ? AND ? ORDER BY series, generation',
    );
    one.setReturnArrays(true);
    many.setReturnArrays(true);
    const made = { database, one, many };
    this.#open.set(day, made);
    return made;
  }

  /** A file whose maker was killed before it had tables holds nothing; the writer will complete it. */
  #hasTables(day: number): boolean {
    const database = new DatabaseSync(join(this.#directory, dayFile(day)), { readOnly: true, timeout: 5_000 });
    try {
      return database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'seen'").get() !== undefined;
    } finally {
      database.close();
    }
  }

  #list(): number[] {
    return readdirSync(this.#directory)
      .flatMap((name) => dayOfFile(name) ?? [])
      .filter((day) => this.#hasTables(day));
  }
}
