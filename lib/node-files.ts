import * as fs from 'node:fs';
import type { JournalFile, JournalFiles } from './journal/contract.ts';

/**
 * Callback functions instead of fs.promises: a file handle object costs more per call than the call itself, and so much as a look at `fs.promises` loads Node's line editor: 2 MiB of memory.
 */
function promised<T>(run: (done: (error: Error | null, result?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    run((error, result) => (error ? reject(error) : resolve(result as T)));
  });
}

function opened(path: string, flags: number): Promise<number> {
  return promised((done) => fs.open(path, flags, 0o640, done));
}

async function writeAll(fd: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += await promised<number>((done) => fs.write(fd, bytes, at, bytes.length - at, position + at, done));
  }
}

/**
 * With O_DSYNC a group commit is one trip through the thread pool instead of two. Elsewhere than on Linux it does not mean
 * that the disk's own cache is written out, as fdatasync of libuv does.
 */
const WRITES_THROUGH = process.platform === 'linux';

class NodeFile implements JournalFile {
  readonly #path: string;
  readonly #fd: number;
  /** The same file, opened anew with O_DSYNC: for all of its life, it would make a rewrite of a whole segment slow. */
  #through: Promise<number> | null = null;

  constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  async size(): Promise<number> {
    const stat = await promised<fs.Stats>((done) => fs.fstat(this.#fd, done));
    return stat.size;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return promised((done) => fs.read(this.#fd, into, 0, into.length, position, done));
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return writeAll(this.#fd, bytes, position);
  }

  async writeThrough(bytes: Uint8Array, position: number): Promise<void> {
    if (!WRITES_THROUGH) {
      await this.write(bytes, position);
      return this.sync();
    }
    this.#through ??= opened(this.#path, fs.constants.O_WRONLY | fs.constants.O_DSYNC);
    const through = this.#through;
    try {
      await writeAll(await through, bytes, position);
    } catch (error) {
      // It may be that it could not be opened: then it is tried again.
      await this.#closeThrough();
      throw error;
    }
  }

  truncate(length: number): Promise<void> {
    return promised((done) => fs.ftruncate(this.#fd, length, done));
  }

  sync(): Promise<void> {
    return promised((done) => fs.fdatasync(this.#fd, done));
  }

  async close(): Promise<void> {
    await this.#closeThrough();
    await promised<void>((done) => fs.close(this.#fd, done));
  }

  async #closeThrough(): Promise<void> {
    const through = this.#through;
    this.#through = null;
    // Whoever wanted it was told if it could not be opened.
    const fd = await through?.catch(() => null);
    if (typeof fd === 'number') await promised<void>((done) => fs.close(fd, done));
  }
}

/** The journal's files on Node, asynchronous. */
export const nodeFiles: JournalFiles = {
  async mkdir(path) {
    // Of the directories above the journal's own every one that is made here is made durable here.
    const first = await promised<string | undefined>((done) => fs.mkdir(path, { recursive: true }, done));
    if (first === undefined || first === path) return;
    for (let at = path; at.length >= first.length; at = at.slice(0, at.lastIndexOf('/'))) {
      await nodeFiles.syncDirectory(at.slice(0, at.lastIndexOf('/')) || '/');
    }
  },
  list: (directory) => promised<string[]>((done) => fs.readdir(directory, done)),
  async open(path, create) {
    const flags = create ? fs.constants.O_RDWR | fs.constants.O_CREAT : fs.constants.O_RDWR;
    return new NodeFile(path, await opened(path, flags));
  },
  rename: (from, to) => promised((done) => fs.rename(from, to, done)),
  unlink: (path) => promised((done) => fs.unlink(path, done)),
  async syncDirectory(path) {
    const fd = await promised<number>((done) => fs.open(path, fs.constants.O_RDONLY, done));
    try {
      await promised<void>((done) => fs.fsync(fd, done));
    } finally {
      await promised<void>((done) => fs.close(fd, done));
    }
  },
};
