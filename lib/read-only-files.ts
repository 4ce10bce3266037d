import * as fs from 'node:fs/promises';
import type { JournalFile, JournalFiles } from './journal/contract.ts';

class ReadOnlyFile implements JournalFile {
  readonly #handle: fs.FileHandle | null;

  constructor(handle: fs.FileHandle | null) {
    this.#handle = handle;
  }

  async size(): Promise<number> {
    return this.#handle === null ? 0 : (await this.#handle.stat()).size;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    if (this.#handle === null) return 0;
    return (await this.#handle.read(into, 0, into.length, position)).bytesRead;
  }

  async write(): Promise<void> {
    // Nothing is written: that is what this is for.
  }

  async writeThrough(): Promise<void> {
    // As above.
  }

  async truncate(): Promise<void> {
    // As above.
  }

  async sync(): Promise<void> {
    // As above.
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }
}

/**
 * A journal's files to look at: opened for reading only, and whatever a journal would write, make or remove is left undone.
 * A file that is not there reads as an empty one where the journal would make it.
 */
export const readOnlyFiles: JournalFiles = {
  mkdir: async () => undefined,
  list: (directory) => fs.readdir(directory),
  async open(path, create) {
    try {
      return new ReadOnlyFile(await fs.open(path, 'r'));
    } catch (error) {
      if (create && (error as NodeJS.ErrnoException).code === 'ENOENT') return new ReadOnlyFile(null);
      throw error;
    }
  },
  rename: async () => undefined,
  unlink: async () => undefined,
  syncDirectory: async () => undefined,
};
