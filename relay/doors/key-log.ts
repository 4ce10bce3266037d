import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { HeliographError } from '../../lib/errors.ts';
import type { JournalFile, JournalFiles } from '../../lib/journal/contract.ts';
import { readWhole } from '../durable-file.ts';

interface Waiter {
  readonly line: string;
  resolve(): void;
  reject(error: unknown): void;
}

const SUM_DIGITS = 8;

/**
 * A file of JSON values, one a line behind its checksum, appended durably: what came while one write is under way is written together. What a crash left torn
 * is not read, and is written over.
 */
export class KeyLog {
  readonly #files: JournalFiles;
  readonly #path: string;
  #file: JournalFile;
  #size: number;
  #waiting: Waiter[] = [];
  /** Never rejects. */
  #writing: Promise<void> | null = null;
  /** A new file stands in the place of `#file`, and it is not turned to yet. */
  #renamed = false;

  private constructor(files: JournalFiles, path: string, file: JournalFile, size: number) {
    this.#files = files;
    this.#path = path;
    this.#file = file;
    this.#size = size;
  }

  /** @returns the log, what stands in it, and how many lines of it cannot be read */
  static async open(
    files: JournalFiles,
    path: string,
  ): Promise<{ readonly log: KeyLog; readonly values: unknown[]; readonly torn: number }> {
    const bytes = (await readWhole(files, path)) ?? new Uint8Array();
    const lines = Buffer.from(bytes).toString('utf8').split('\n').slice(0, -1);
    const values: unknown[] = [];
    for (const line of lines) {
      const text = line.slice(SUM_DIGITS + 1);
      if (sumOf(text) === line.slice(0, SUM_DIGITS)) values.push(JSON.parse(text));
    }
    // Behind the last line's end, whatever is torn before it.
    const end = bytes.lastIndexOf(10) + 1;
    const file = await files.open(path, true);
    return { log: new KeyLog(files, path, file, end), values, torn: lines.length - values.length };
  }

  get bytes(): number {
    return this.#size;
  }

  /** Resolves when it is durable. @throws HeliographError HG_JOURNAL_DISK */
  append(value: unknown): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ line: lineOf(value), resolve, reject });
    this.#writing ??= this.#write();
    return promise;
  }

  /** All of it anew; what is appended meanwhile comes behind it. After an error the log goes on as it was. @throws what the files throw */
  async replace(values: Iterable<unknown>): Promise<void> {
    await this.#idle();
    const bytes = Buffer.from([...values].map(lineOf).join(''));
    const replaced = this.#replaced(bytes);
    const goOn = () => this.#write();
    this.#writing = replaced.then(goOn, goOn);
    await replaced;
  }

  async close(): Promise<void> {
    await this.#idle();
    await this.#file.close();
  }

  /** Something may begin anew before who waited for its end goes on. */
  async #idle(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #replaced(bytes: Uint8Array): Promise<void> {
    const path = `${this.#path}.new`;
    const file = await this.#files.open(path, true);
    try {
      await file.truncate(0);
      await file.write(bytes, 0);
      await file.sync();
      await file.close();
      await this.#files.rename(path, this.#path);
    } catch (error) {
      await file.close().catch(() => undefined);
      // Where there is no room, half a file is not to stay.
      await this.#files.unlink(path).catch(() => undefined);
      throw error;
    }
    this.#renamed = true;
    this.#size = bytes.length;
    await this.#turn();
  }

  /** From the old file, which has no name any more, to the one in its place: nothing may be written before. */
  async #turn(): Promise<void> {
    await this.#files.syncDirectory(dirname(this.#path));
    const file = await this.#files.open(this.#path, true);
    const before = this.#file;
    this.#file = file;
    this.#renamed = false;
    await before.close().catch(() => undefined);
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const some = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#renamed) await this.#turn();
        const bytes = Buffer.from(some.map(({ line }) => line).join(''));
        await this.#file.writeThrough(bytes, this.#size);
        this.#size += bytes.length;
        for (const { resolve } of some) resolve();
      } catch (cause) {
        // The next ones are written over what may stand there.
        const error = new HeliographError('HG_JOURNAL_DISK', `${this.#path}: ${String(cause)}`, {}, cause);
        for (const { reject } of some) reject(error);
      }
    }
    this.#writing = null;
  }
}

function lineOf(value: unknown): string {
  const text = JSON.stringify(value);
  return `${sumOf(text)} ${text}\n`;
}

function sumOf(text: string): string {
  return crc32(text).toString(16).padStart(SUM_DIGITS, '0');
}
