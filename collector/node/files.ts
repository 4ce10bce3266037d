import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  type Stats,
  statfsSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { HostFiles } from '../core/host.ts';

const MODES = {
  // Without it, opening a pipe that took a file's place would wait for somebody who writes, and all of the collector with it.
  read: constants.O_RDONLY | constants.O_NONBLOCK,
  nonblocking: constants.O_RDONLY | constants.O_NONBLOCK,
  append: constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC,
  update: constants.O_RDWR | constants.O_CREAT,
} as const;

/** -5 (EIO) stands for what the system gives no number for. */
const EIO = -5;

/** A system error as its negative errno; anything else (a bug) is thrown on. */
export function errno(error: unknown): number {
  if (error instanceof Error && 'code' in error) {
    const number = 'errno' in error ? error.errno : undefined;
    return typeof number === 'number' && number < 0 ? number : EIO;
  }
  throw error;
}

/** Fills what `stat` gives. */
export function fill(stats: Stats, out: Float64Array): number {
  out[0] = stats.size;
  out[1] = stats.mtimeMs;
  out[2] = stats.mode & 0o7777;
  out[3] = stats.ino;
  out[4] = stats.dev;
  out[5] = stats.isFile() ? 1 : stats.isDirectory() ? 2 : 3;
  return 0;
}

/** The machine's files by node:fs, synchronous: what the core reads is small (/proc) or read in bounded pieces (logs). */
export const nodeFiles: HostFiles = {
  readFile(path, into) {
    let fd: number;
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      return errno(error);
    }
    try {
      let length = 0;
      // Files of /proc give a page at a time: read until nothing comes.
      while (length < into.length) {
        const got = readSync(fd, into, length, into.length - length, null);
        if (got === 0) break;
        length += got;
      }
      return length;
    } catch (error) {
      return errno(error);
    } finally {
      closeSync(fd);
    }
  },
  readdir(path) {
    try {
      return readdirSync(path);
    } catch (error) {
      return errno(error);
    }
  },
  readlink(path) {
    try {
      return readlinkSync(path);
    } catch (error) {
      return errno(error);
    }
  },
  statfs(path, out) {
    try {
      const stats = statfsSync(path);
      out[0] = stats.bsize;
      out[1] = stats.blocks;
      out[2] = stats.bfree;
      out[3] = stats.bavail;
      out[4] = stats.files;
      out[5] = stats.ffree;
      return 0;
    } catch (error) {
      return errno(error);
    }
  },
  stat(path, out) {
    try {
      return fill(statSync(path), out);
    } catch (error) {
      return errno(error);
    }
  },
  fstat(fd, out) {
    try {
      return fill(fstatSync(fd), out);
    } catch (error) {
      return errno(error);
    }
  },
  open(path, mode) {
    try {
      return openSync(path, MODES[mode], 0o640);
    } catch (error) {
      return errno(error);
    }
  },
  pread(fd, into, offset, length, position) {
    try {
      return readSync(fd, into, offset, length, position < 0 ? null : position);
    } catch (error) {
      return errno(error);
    }
  },
  write(fd, bytes, offset, length) {
    try {
      let written = 0;
      while (written < length) written += writeSync(fd, bytes, offset + written, length - written);
      return written;
    } catch (error) {
      return errno(error);
    }
  },
  truncate: (fd, length) => attempt(() => ftruncateSync(fd, length)),
  fsync: (fd) => attempt(() => fsyncSync(fd)),
  fsyncDirectory: (path) =>
    attempt(() => {
      const fd = openSync(path, constants.O_RDONLY);
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    }),
  close: (fd) => attempt(() => closeSync(fd)),
  rename: (from, to) => attempt(() => renameSync(from, to)),
  unlink: (path) => attempt(() => unlinkSync(path)),
  mkdir: (path) =>
    attempt(() => {
      mkdirSync(path, { recursive: true, mode: 0o750 });
    }),
};

function attempt(run: () => void): number {
  try {
    run();
    return 0;
  } catch (error) {
    return errno(error);
  }
}
