import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { syncDirectory } from '../disk/sync-directory.ts';
import { type BlockLine, compareLines, decodeBlock, encodeBlock } from './block.ts';
import { partitionFile } from './partition-files.ts';

export const BLOCK_LINES = 1_000;
/** Characters of messages in a block; one line may be larger. */
const BLOCK_CHARACTERS = 1_000_000;
/** A block of fewer lines is merged with others when there are this many of them. */
const SMALL_LINES = 250;
const SMALL_BLOCKS = 16;
const MERGED_BLOCKS = 200;

/**
 * One hour of lines, written: blocks, and one document of words a block. Every block carries the number of the batch that
 * brought it; a batch that the store's main database does not know was cut off by a crash, and `removeAfter` takes it out.
 */
export class Partition {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #index: StatementSync;
  /** Blocks of few lines that are as full as blocks are, because the lines are long; to merge them gives the same again. */
  readonly #full = new Set<number>();

  constructor(directory: string, hour: number) {
    const path = join(directory, partitionFile(hour));
    const isNew = !existsSync(path);
    this.#database = new DatabaseSync(path, { timeout: 5_000 });
    this.#database.exec(`
      PRAGMA page_size=8192;
      PRAGMA journal_mode=WAL;
      PRAGMA synchronous=FULL;
      BEGIN;
      CREATE TABLE IF NOT EXISTS block(
        id INTEGER PRIMARY KEY AUTOINCREMENT, batch INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL,
        lines INTEGER NOT NULL, data BLOB NOT NULL
      );
      CREATE INDEX IF NOT EXISTS block_time ON block(last, first, id, lines, batch);
      CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
        text, content='', contentless_delete=1, detail=none, tokenize='ascii'
      );
      COMMIT;
    `);
    if (isNew) syncDirectory(directory);
    this.#insert = this.#database.prepare(
      'INSERT INTO block(batch, first, last, lines, data) VALUES(?, ?, ?, ?, ?) RETURNING id',
    );
    this.#index = this.#database.prepare('INSERT INTO words(rowid, text) VALUES(?, ?)');
  }

  /** Durable when it returns. */
  write(batch: number, lines: BlockLine[]): void {
    lines.sort(compareLines);
    this.#transaction(() => {
      this.#addAll(batch, lines);
    });
  }

  /** Takes out what batches after `batch` brought. */
  removeAfter(batch: number): number {
    return this.#transaction(() => {
      const ids = this.#ids('SELECT id FROM block WHERE batch > ?', batch);
      this.#remove(ids);
      return ids.length;
    });
  }

  /** Puts small blocks together, when there are enough of them. Only for when every batch in the file is known to be whole. */
  mergeSmall(): boolean {
    const rows = this.#database
      .prepare('SELECT id, lines, batch FROM block WHERE lines < ? ORDER BY id')
      .all(SMALL_LINES) as { id: number; lines: number; batch: number }[];
    const small = rows.filter(({ id }) => !this.#full.has(id)).slice(0, MERGED_BLOCKS);
    if (small.length < SMALL_BLOCKS) return false;
    this.#transaction(() => {
      const read = this.#database.prepare('SELECT data FROM block WHERE id = ?');
      const lines = small.flatMap(({ id }) => decodeBlock(read.get(id)!.data as Uint8Array));
      lines.sort(compareLines);
      this.#remove(small.map(({ id }) => id));
      const batch = Math.max(...small.map((one) => one.batch));
      this.#addAll(batch, lines);
    });
    return true;
  }

  close(): void {
    this.#database.close();
  }

  #addAll(batch: number, lines: readonly BlockLine[]): void {
    const blocks = cut(lines);
    blocks.forEach((block, i) => {
      const id = this.#add(batch, block);
      // All but the last end where another line had no room.
      if (block.length < SMALL_LINES && i < blocks.length - 1) this.#full.add(id);
    });
  }

  #add(batch: number, lines: readonly BlockLine[]): number {
    const { data, text } = encodeBlock(lines);
    const row = this.#insert.get(batch, lines[0]!.time, lines.at(-1)!.time, lines.length, data);
    this.#index.run(row!.id as number, text);
    return row!.id as number;
  }

  #remove(ids: readonly number[]): void {
    const block = this.#database.prepare('DELETE FROM block WHERE id = ?');
    const document = this.#database.prepare('DELETE FROM words WHERE rowid = ?');
    for (const id of ids) {
      block.run(id);
      document.run(id);
      this.#full.delete(id);
    }
  }

  #ids(sql: string, parameter: number): number[] {
    return this.#database
      .prepare(sql)
      .all(parameter)
      .map((row) => row.id as number);
  }

  #transaction<T>(run: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const value = run();
      this.#database.exec('COMMIT');
      return value;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

/** Pieces of at most a block, as even as they come. */
function cut(lines: readonly BlockLine[]): BlockLine[][] {
  const even = Math.ceil(lines.length / Math.ceil(lines.length / BLOCK_LINES));
  const blocks: BlockLine[][] = [];
  let block: BlockLine[] = [];
  let characters = 0;
  for (const line of lines) {
    if (block.length > 0 && (block.length >= even || characters + line.message.length > BLOCK_CHARACTERS)) {
      blocks.push(block);
      block = [];
      characters = 0;
    }
    block.push(line);
    characters += line.message.length;
  }
  if (block.length > 0) blocks.push(block);
  return blocks;
}
