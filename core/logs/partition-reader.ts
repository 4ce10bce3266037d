import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { databaseError } from '../disk/damage.ts';
import { type BlockLine, decodeBlock } from './block.ts';
import { partitionFile } from './partition-files.ts';

export interface BlockPlace {
  readonly id: number;
  readonly first: number;
  readonly last: number;
}

/** One hour of lines, read. Between `begin` and `end` it shows one state, whatever is written or merged meanwhile. */
export class PartitionReader {
  readonly #database: DatabaseSync;
  readonly #read: StatementSync;
  readonly #path: string;
  readonly #file: number;

  /** Null when there is no such hour: not any more, or not yet (its maker has not come to the tables, or was killed before). @throws HeliographError HG_STORE_DAMAGED */
  static open(directory: string, hour: number): PartitionReader | null {
    const path = join(directory, partitionFile(hour));
    const file = fileNumber(path);
    if (file === 0) return null;
    try {
      const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
      if (database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'words'").get()) {
        return new PartitionReader(database, path, file);
      }
      database.close();
      return null;
    } catch (error) {
      throw databaseError(path, error);
    }
  }

  private constructor(database: DatabaseSync, path: string, file: number) {
    this.#database = database;
    this.#path = path;
    this.#file = file;
    this.#read = database.prepare('SELECT data FROM block WHERE id = ?');
  }

  /** False when the file was deleted, even if another has its name now. */
  current(): boolean {
    return fileNumber(this.#path) === this.#file;
  }

  begin(): void {
    this.#database.exec('BEGIN');
  }

  end(): void {
    this.#database.exec('COMMIT');
  }

  /** Blocks that touch [start, end) and, if there are terms, may have a line for them. `match` is an FTS5 expression or ''. */
  blocks(match: string, start: number, end: number): BlockPlace[] {
    const between = 'SELECT id, first, last FROM block WHERE last >= ? AND first < ?';
    const rows =
      match === ''
        ? this.#database.prepare(between).all(start, end)
        : this.#database
            .prepare(`${between} AND id IN (SELECT rowid FROM words WHERE words MATCH ?)`)
            .all(start, end, match);
    return rows as unknown as BlockPlace[];
  }

  lines(id: number): BlockLine[] {
    const row = this.#read.get(id);
    return row ? decodeBlock(row.data as Uint8Array) : [];
  }

  close(): void {
    this.#database.close();
  }
}

function fileNumber(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? 0;
}
