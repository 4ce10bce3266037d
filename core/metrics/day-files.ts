import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { databaseError, putAside } from '../disk/damage.ts';
import { rollBack } from '../disk/roll-back.ts';
import { dayFile, dayOf, dayOfFile } from './days.ts';

/** Which days have a file. A file has a number of its own: a day that was deleted and comes again gets another. */
export class DayFiles {
  readonly #directory: string;
  readonly #numbers = new Map<number, number>();
  #next = 1;

  /**
   * One damaged day must not cost the others: its file is put aside under another name, and `damaged` is told.
   * @throws HeliographError HG_STORE_DISK for a file that cannot be opened or read
   */
  constructor(directory: string, damaged: (day: number, aside: string) => void) {
    this.#directory = directory;
    for (const name of readdirSync(directory)) {
      const day = dayOfFile(name);
      if (day === null) continue;
      try {
        rollBack(join(directory, name));
        if (!this.#hasTables(day)) continue;
        this.bits(day);
        this.learn(day);
      } catch (cause) {
        const path = join(directory, name);
        const error = databaseError(path, cause);
        if (error.code !== 'HG_STORE_DAMAGED') throw error;
        damaged(day, putAside(path, Date.now()));
      }
    }
  }

  /** Ascending. */
  days(): number[] {
    return [...this.#numbers.keys()].sort((a, b) => a - b);
  }

  /** The days of [start, end] ms and the numbers of their files, ascending. */
  between(start: number, end: number): [day: number, file: number][] {
    return [...this.#numbers].filter(([day]) => day >= dayOf(start) && day <= dayOf(end)).sort(([a], [b]) => a - b);
  }

  /** The day has a file now. */
  learn(day: number): void {
    if (!this.#numbers.has(day)) this.#numbers.set(day, this.#next++);
  }

  forget(day: number): void {
    this.#numbers.delete(day);
  }

  /** The series that the day's last checkpoint said it has. */
  bits(day: number): Uint8Array {
    const database = this.#open(day);
    try {
      const row = database.prepare('SELECT series FROM seen WHERE one = 1').get();
      return row ? (row.series as Uint8Array) : new Uint8Array(0);
    } finally {
      database.close();
    }
  }

  /** Bytes on disk of a day. */
  bytes(day: number): number {
    let sum = 0;
    for (const end of ['', '-wal']) {
      sum += statSync(join(this.#directory, dayFile(day) + end), { throwIfNoEntry: false })?.size ?? 0;
    }
    return sum;
  }

  #open(day: number): DatabaseSync {
    return new DatabaseSync(join(this.#directory, dayFile(day)), { readOnly: true, timeout: 5_000 });
  }

  /** A file whose maker was killed before it had tables holds nothing; the writer will complete it. */
  #hasTables(day: number): boolean {
    const database = this.#open(day);
    try {
      return database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'seen'").get() !== undefined;
    } finally {
      database.close();
    }
  }
}
