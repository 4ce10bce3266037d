import { crc32 } from 'node:zlib';
import { HeliographError } from '../../lib/errors.ts';
import type { JournalFile, JournalFiles } from '../../lib/journal/contract.ts';
import { readWhole, writeDurably } from '../durable-file.ts';

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
  #writing: Promise<void> | null = null;

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

  /** All of it anew; what is appended meanwhile comes behind it. */
  async replace(values: Iterable<unknown>): Promise<void> {
    await this.#writing;
    const text = [...values].map(lineOf).join('');
    this.#writing = this.#replaced(Buffer.from(text)).then(() => this.#write());
    await this.#writing;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  async #replaced(bytes: Uint8Array): Promise<void> {
    await writeDurably(this.#files, this.#path, bytes);
    await this.#file.close();
    this.#file = await this.#files.open(this.#path, true);
    this.#size = bytes.length;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const some = this.#waiting;
      this.#waiting = [];
      try {
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
