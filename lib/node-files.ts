import * as fs from 'node:fs';
import type { JournalFile, JournalFiles } from './journal/contract.ts';

/** Callback functions instead of fs.promises: a file handle object costs more per call than the call itself. */
function promised<T>(run: (done: (error: Error | null, result?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    run((error, result) => (error ? reject(error) : resolve(result as T)));
  });
}

class NodeFile implements JournalFile {
  readonly #fd: number;
  constructor(fd: number) {
    this.#fd = fd;
  }

  async size(): Promise<number> {
    const stat = await promised<fs.Stats>((done) => fs.fstat(this.#fd, done));
    return stat.size;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return promised((done) => fs.read(this.#fd, into, 0, into.length, position, done));
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      at += await promised<number>((done) => fs.write(this.#fd, bytes, at, bytes.length - at, position + at, done));
    }
  }

  truncate(length: number): Promise<void> {
    return promised((done) => fs.ftruncate(this.#fd, length, done));
  }

  sync(): Promise<void> {
    return promised((done) => fs.fdatasync(this.#fd, done));
  }

  close(): Promise<void> {
    return promised((done) => fs.close(this.#fd, done));
  }
}

/** The journal's files on Node, asynchronous. */
export const nodeFiles: JournalFiles = {
  async mkdir(path) {
    // Of the directories above the journal's own every one that is made here is made durable here.
    const first = await fs.promises.mkdir(path, { recursive: true });
    if (first === undefined || first === path) return;
    for (let at = path; at.length >= first.length; at = at.slice(0, at.lastIndexOf('/'))) {
      await nodeFiles.syncDirectory(at.slice(0, at.lastIndexOf('/')) || '/');
    }
  },
  list: (directory) => fs.promises.readdir(directory),
  async open(path, create) {
    const flags = create ? fs.constants.O_RDWR | fs.constants.O_CREAT : fs.constants.O_RDWR;
    return new NodeFile(await promised<number>((done) => fs.open(path, flags, 0o640, done)));
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
