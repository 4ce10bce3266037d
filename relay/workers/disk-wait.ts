import type { JournalFile, JournalFiles } from '../../lib/journal/contract.ts';

/**
 * File operations that are watched: how long the one that waits longest has been waiting. A busy disk answers late and then
 * goes on; one that does not answer leaves its oldest operation open.
 */
export class DiskWait {
  readonly files: JournalFiles;
  /** By their begin, the oldest first; each with the look at which it began. */
  readonly #open = new Set<{ readonly since: number }>();
  #looks = 0;

  constructor(files: JournalFiles) {
    this.files = {
      mkdir: (path) => this.#watch(() => files.mkdir(path)),
      list: (directory) => this.#watch(() => files.list(directory)),
      open: async (path, create) => this.#file(await this.#watch(() => files.open(path, create))),
      rename: (from, to) => this.#watch(() => files.rename(from, to)),
      unlink: (path) => this.#watch(() => files.unlink(path)),
      syncDirectory: (path) => this.#watch(() => files.syncDirectory(path)),
    };
  }

  /**
   * A look, to be taken at even intervals.
   * @returns for how many intervals the oldest operation has been waiting. Counted, not measured: after a machine stood still
   * as a whole a clock would say that the disk did not answer all that time
   */
  look(): number {
    this.#looks++;
    for (const { since } of this.#open) return this.#looks - since;
    return 0;
  }

  #file(file: JournalFile): JournalFile {
    return {
      size: () => this.#watch(() => file.size()),
      read: (into, position) => this.#watch(() => file.read(into, position)),
      write: (bytes, position) => this.#watch(() => file.write(bytes, position)),
      writeThrough: (bytes, position) => this.#watch(() => file.writeThrough(bytes, position)),
      truncate: (length) => this.#watch(() => file.truncate(length)),
      sync: () => this.#watch(() => file.sync()),
      close: () => this.#watch(() => file.close()),
    };
  }

  async #watch<T>(run: () => Promise<T>): Promise<T> {
    const operation = { since: this.#looks };
    this.#open.add(operation);
    try {
      return await run();
    } finally {
      this.#open.delete(operation);
    }
  }
}
