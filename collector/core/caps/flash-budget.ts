import type { JournalFile, JournalFiles } from '../../../lib/journal/contract.ts';

const DAY_MS = 86_400_000;
/** Of a day's budget that may be written at once. */
const BURST = 0.25;

/** Bytes that the collector writes to its disk, and how many it may in a day. A restart begins with a quarter of a day's. */
export class FlashBudget {
  readonly #perDay: number | null;
  readonly #mono: () => number;
  #left: number;
  #at: number;
  /** Since the start of the process. */
  written = 0;

  /** @param perDay bytes; null: only counted @param mono ms */
  constructor(perDay: number | null, mono: () => number) {
    this.#perDay = perDay;
    this.#mono = mono;
    this.#left = (perDay ?? 0) * BURST;
    this.#at = mono();
  }

  /** Whether so many bytes may be written now. */
  allows(bytes: number): boolean {
    if (this.#perDay === null) return true;
    const now = this.#mono();
    this.#left = Math.min(this.#perDay * BURST, this.#left + ((now - this.#at) / DAY_MS) * this.#perDay);
    this.#at = now;
    return this.#left >= bytes;
  }

  wrote(bytes: number): void {
    this.written += bytes;
    this.#left -= bytes;
  }

  /** The same files, and what is written to them is counted. */
  counted(files: JournalFiles): JournalFiles {
    return {
      mkdir: (path) => files.mkdir(path),
      list: (directory) => files.list(directory),
      open: async (path, create) => new CountedFile(await files.open(path, create), this),
      rename: (from, to) => files.rename(from, to),
      unlink: (path) => files.unlink(path),
      syncDirectory: (path) => files.syncDirectory(path),
    };
  }
}

class CountedFile implements JournalFile {
  readonly #file: JournalFile;
  readonly #budget: FlashBudget;

  constructor(file: JournalFile, budget: FlashBudget) {
    this.#file = file;
    this.#budget = budget;
  }

  size(): Promise<number> {
    return this.#file.size();
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#file.read(into, position);
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    this.#budget.wrote(bytes.length);
    return this.#file.write(bytes, position);
  }

  writeThrough(bytes: Uint8Array, position: number): Promise<void> {
    this.#budget.wrote(bytes.length);
    return this.#file.writeThrough(bytes, position);
  }

  truncate(length: number): Promise<void> {
    return this.#file.truncate(length);
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
