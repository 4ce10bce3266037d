import type { Host, HostFiles } from '../../collector/core/host.ts';
import type { JournalFiles } from '../../lib/journal/contract.ts';
import { decodeUtf8, encodeUtf8 } from '../../proto/utf8.ts';

/** A machine in memory, with nothing of Node: what a small engine's host has to offer, and no more. */
export interface MemoryHost {
  readonly host: Host;
  readonly journalFiles: JournalFiles;
  /** Runs the timers that are due within so many ms, earliest first. */
  run(ms: number): void;
  /** Sets the wall clock, ms since the epoch. */
  setClock(time: number): void;
}

const ENOENT = -2;
const EINVAL = -22;

export function memoryHost(
  contents: Readonly<Record<string, string>>,
  hashes: Pick<Host, 'sha256' | 'crc32'>,
): MemoryHost {
  const files = new Map<string, Uint8Array>(
    Object.entries(contents).map(([path, text]) => [path, encodeUtf8(text)] as const),
  );
  const open = new Map<number, { path: string; at: number }>();
  let lastFd = 2;
  let clock = 1_795_403_357_501;
  /** The wall clock against `clock`. */
  let step = 0;
  let lastTimer = 0;
  const timers = new Map<number, { at: number; run: () => void }>();
  let seed = 1;

  const under = (path: string): string[] => {
    const names = new Set<string>();
    for (const name of files.keys())
      if (name.startsWith(`${path}/`)) names.add(name.slice(path.length + 1).split('/')[0]!);
    return [...names];
  };
  const put = (path: string, bytes: Uint8Array, position: number): void => {
    const old = files.get(path) ?? new Uint8Array(0);
    const grown = new Uint8Array(Math.max(old.length, position + bytes.length));
    grown.set(old);
    grown.set(bytes, position);
    files.set(path, grown);
  };
  const take = (path: string, into: Uint8Array, position: number): number => {
    const part = (files.get(path) ?? new Uint8Array(0)).subarray(position, position + into.length);
    into.set(part);
    return part.length;
  };
  const missing = (path: string): Error => Object.assign(new Error(path), { code: 'ENOENT' });

  const hostFiles: HostFiles = {
    readFile: (path, into) => (files.has(path) ? take(path, into, 0) : ENOENT),
    readdir: (path) => (under(path).length > 0 ? under(path) : ENOENT),
    readlink: () => EINVAL,
    statfs: (_path, out) => {
      out.set([4096, 1000, 500, 400, 100, 50]);
      return 0;
    },
    stat: (path, out) => {
      const bytes = files.get(path);
      if (bytes === undefined) return ENOENT;
      out.set([bytes.length, 0, 0o644, 1, 1, 1]);
      return 0;
    },
    fstat: (fd, out) => hostFiles.stat(open.get(fd)!.path, out),
    open(path, mode) {
      if (mode === 'read' && !files.has(path)) return ENOENT;
      if (mode === 'create' || !files.has(path)) files.set(path, new Uint8Array(0));
      open.set(++lastFd, { path, at: mode === 'append' ? files.get(path)!.length : 0 });
      return lastFd;
    },
    pread: (fd, into, offset, length, position) =>
      take(open.get(fd)!.path, into.subarray(offset, offset + length), position),
    write(fd, bytes, offset, length) {
      const file = open.get(fd)!;
      put(file.path, bytes.subarray(offset, offset + length), file.at);
      file.at += length;
      return length;
    },
    truncate(fd, length) {
      files.set(open.get(fd)!.path, files.get(open.get(fd)!.path)!.slice(0, length));
      return 0;
    },
    fsync: () => 0,
    fsyncDirectory: () => 0,
    close: (fd) => (open.delete(fd) ? 0 : EINVAL),
    rename(from, to) {
      const bytes = files.get(from);
      if (bytes === undefined) return ENOENT;
      files.delete(from);
      files.set(to, bytes);
      return 0;
    },
    unlink: (path) => (files.delete(path) ? 0 : ENOENT),
    mkdir: () => 0,
  };

  const journalFiles: JournalFiles = {
    mkdir: async () => undefined,
    list: async (directory) => under(directory),
    async open(path, create) {
      if (!files.has(path)) {
        if (!create) throw missing(path);
        files.set(path, new Uint8Array(0));
      }
      return {
        size: async () => files.get(path)!.length,
        read: async (into, position) => take(path, into, position),
        write: async (bytes, position) => put(path, bytes, position),
        writeThrough: async (bytes, position) => put(path, bytes, position),
        truncate: async (length) => void files.set(path, files.get(path)!.slice(0, length)),
        sync: async () => undefined,
        close: async () => undefined,
      };
    },
    async rename(from, to) {
      if (hostFiles.rename(from, to) < 0) throw missing(from);
    },
    async unlink(path) {
      if (!files.delete(path)) throw missing(path);
    },
    syncDirectory: async () => undefined,
  };

  return {
    journalFiles,
    setClock(time) {
      step = time - clock;
    },
    run(ms) {
      const until = clock + ms;
      for (;;) {
        const [id, next] = [...timers].sort((a, b) => a[1].at - b[1].at)[0] ?? [];
        if (id === undefined || next === undefined || next.at > until) break;
        timers.delete(id);
        clock = Math.max(clock, next.at);
        next.run();
      }
      clock = until;
    },
    host: {
      info: { hostname: 'small', arch: 'none', platform: 'memory', pid: 1, version: '0' },
      files: hostFiles,
      now: () => clock + step,
      mono: () => clock - 1_795_403_000_000,
      random(into) {
        for (let i = 0; i < into.length; i++) {
          seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
          into[i] = seed >>> 16;
        }
      },
      log: () => undefined,
      timer(run, ms) {
        timers.set(++lastTimer, { at: clock + ms, run });
        return lastTimer;
      },
      cancel: (timer) => void timers.delete(timer),
      utf8: decodeUtf8,
      utf8Bytes: encodeUtf8,
      memory: () => 0,
      ...hashes,
    },
  };
}
