import { closeSync, fdatasync, openSync } from 'node:fs';

/** The log (WAL) of a database as it is made durable. */
export interface SyncedLog {
  /** Resolves when all that was written to it before this call is on disk. Rejects with the disk's error. */
  sync(): Promise<void>;
  close(): void;
}

/**
 * Makes durable what was committed to a database in WAL mode with `synchronous=NORMAL`, by a thread of libuv: a commit that does it itself keeps the
 * thread it is called in until the disk is done, and a disk that others use takes a tenth of a second now and then. What is asked for while it is under
 * way is one more, after it.
 */
export class LogSync implements SyncedLog {
  readonly #handle: number;
  readonly #flush: (handle: number, done: (error: Error | null) => void) => void;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  /**
   * @param path of a database that is open and has tables, so that its log is there
   * @param flush makes what was written to a file durable
   * @throws Error ENOENT: it has no log
   */
  constructor(path: string, flush: (handle: number, done: (error: Error | null) => void) => void = fdatasync) {
    this.#handle = openSync(`${path}-wal`, 'r');
    this.#flush = flush;
  }

  sync(): Promise<void> {
    if (this.#running === null) return this.#begin();
    // The one under way may have begun before the commit.
    this.#next ??= this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  /** After the last `sync` has settled. */
  close(): void {
    closeSync(this.#handle);
  }

  #begin(): Promise<void> {
    this.#next = null;
    this.#running = new Promise<void>((resolve, reject) => {
      this.#flush(this.#handle, (error) => {
        this.#running = null;
        if (error) reject(error);
        else resolve();
      });
    });
    return this.#running;
  }
}
