import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { HeliographError } from '../../lib/errors.ts';
import type { DataClass } from '../../proto/class.ts';
import { openOwnDatabase } from '../disk/own-database.ts';
import type { SeenRow } from '../seen/seen-frames.ts';
import type { FlatLabels } from './series-index.ts';

/** Of the tables here and of the days' files. */
const VERSION = 1;

const SERIES_PER_COMMIT = 2_000;

/** Totals since the store was made. */
export interface Totals {
  samples: number;
  repeated: number;
  dropped: Record<string, number>;
  frames: { written: number; repeated: number };
}

export interface Checkpoint {
  /** The first segment of the head journal that is still needed. */
  readonly segment: number;
  /** As they were when that segment began. */
  readonly totals: Totals;
  readonly series: readonly (readonly [number, FlatLabels])[];
  readonly seen: readonly SeenRow[];
}

/** The store's main database: series, seen frames, totals, and from where the head journal is to be replayed. */
export class Catalog {
  readonly #path: string;
  readonly #database: DatabaseSync;

  constructor(directory: string) {
    this.#path = join(directory, 'catalog.db');
    this.#database = openOwnDatabase(this.#path);
    const version = this.#database.prepare('PRAGMA user_version').get()!.user_version as number;
    // 0: new, or of before versions were written; the tables are the same.
    if (version > VERSION) {
      this.#database.close();
      const facts = { path: this.#path, version, known: VERSION };
      throw new HeliographError('HG_STORE_VERSION', `${this.#path} has version ${version}, known is ${VERSION}`, facts);
    }
    this.#database.exec(`
      PRAGMA user_version=${VERSION};
      CREATE TABLE IF NOT EXISTS series(id INTEGER PRIMARY KEY, labels TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS seen(
        host TEXT, boot TEXT, class TEXT, ranges TEXT NOT NULL, repeated TEXT NOT NULL, last INTEGER NOT NULL,
        PRIMARY KEY(host, boot, class)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS state(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    `);
  }

  *series(): Generator<[number, FlatLabels]> {
    for (const row of this.#database.prepare('SELECT id, labels FROM series ORDER BY id').iterate()) {
      yield [row.id as number, JSON.parse(row.labels as string) as string[]];
    }
  }

  seen(): SeenRow[] {
    return this.#database
      .prepare('SELECT host, boot, class, ranges, repeated, last FROM seen')
      .all() as unknown as SeenRow[];
  }

  /** Where to replay from, and the totals at that point. */
  restored(): { segment: number; totals: Totals } {
    const row = this.#database.prepare("SELECT value FROM state WHERE name = 'checkpoint'").get();
    if (!row)
      return { segment: 1, totals: { samples: 0, repeated: 0, dropped: {}, frames: { written: 0, repeated: 0 } } };
    return JSON.parse(row.value as string) as { segment: number; totals: Totals };
  }

  /**
   * Durable when it resolves. Series go first, in small transactions: without the last one they are names that the head
   * journal has too.
   */
  async checkpoint({ segment, totals, series, seen }: Checkpoint): Promise<void> {
    const insert = this.#database.prepare('INSERT OR REPLACE INTO series VALUES(?, ?)');
    this.#database.exec('PRAGMA synchronous=NORMAL');
    try {
      for (let from = 0; from < series.length; from += SERIES_PER_COMMIT) {
        this.#transaction(() => {
          for (const [id, labels] of series.slice(from, from + SERIES_PER_COMMIT))
            insert.run(id, JSON.stringify(labels));
        });
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      this.#database.exec('PRAGMA synchronous=FULL');
    }
    // Its sync is one of the whole log.
    this.#transaction(() => {
      const keep = this.#database.prepare('INSERT OR REPLACE INTO seen VALUES(?, ?, ?, ?, ?, ?)');
      for (const row of seen) keep.run(row.host, row.boot, row.class, row.ranges, row.repeated, row.last);
      this.#database
        .prepare("INSERT OR REPLACE INTO state VALUES('checkpoint', ?)")
        .run(JSON.stringify({ segment, totals }));
    });
  }

  remove(series: Iterable<number>, seen: readonly { host: string; boot: string; class: DataClass }[]): void {
    this.#transaction(() => {
      const one = this.#database.prepare('DELETE FROM series WHERE id = ?');
      for (const id of series) one.run(id);
      const other = this.#database.prepare('DELETE FROM seen WHERE host = ? AND boot = ? AND class = ?');
      for (const row of seen) other.run(row.host, row.boot, row.class);
    });
  }

  bytes(): number {
    return ['', '-wal'].reduce(
      (sum, end) => sum + (statSync(this.#path + end, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  close(): void {
    this.#database.close();
  }

  #transaction(run: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      run();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
