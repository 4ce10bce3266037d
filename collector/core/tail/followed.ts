import { Ranges } from '../../../lib/ranges.ts';
import type { Host } from '../host.ts';
import { ANCHOR_BYTES, type Anchor, FINGERPRINT_BYTES, type FileIdentity, hashWindow } from './identity.ts';
import type { LineTable } from './lines.ts';
import type { DoneIntervals, FilePosition } from './positions.ts';
import { cutsAbove, highestDone } from './positions.ts';
import type { ReaderOfRecords } from './reader-of-records.ts';

/** One file that is read: an open descriptor and how far it was read. */
export interface Followed {
  file: FileIdentity;
  /** -1: the file is gone and nothing more can be read. */
  fd: number;
  /** Where reading began. */
  begin: number;
  /** Next byte to read. */
  offset: number;
  /** As of the last look. */
  size: number;
  mtime: number;
  /** The bytes of file.fingerprint, as they are. */
  head: Uint8Array;
  /** The last bytes before `offset`, as read: proof that the file was not rewritten. */
  anchor: Uint8Array;
  /** A batch is with the consumer. */
  waiting: boolean;
  /** Found under a pattern at the last scan. */
  attached: boolean;
  /** mono() of the last growth. */
  grown: number;
  /** All of it but an unfinished last line was read at the last look. */
  atEnd: boolean;
  /** It is not, or not any more, taken for the copy of another file (search.ts, findTwin). */
  cleared: boolean;
  done: DoneIntervals | null;
  cuts: number[];
  /** Reused: only one batch of a file is out at a time. */
  lines: LineTable;
  /** It is read out of a gzip file, to which nothing is added. */
  packed: boolean;
  /** Null: each line is a record. */
  records: ReaderOfRecords | null;
}

export const key = (device: number, inode: number): string => `${device}:${inode}`;

/** Bytes [from, to) of an open file, or null if it has not that many (or an error). */
export function readWindow(host: Host, fd: number, from: number, to: number): Uint8Array | null {
  const window = new Uint8Array(to - from);
  let filled = 0;
  while (filled < window.length) {
    const n = host.files.pread(fd, window, filled, window.length - filled, from + filled);
    if (n <= 0) return null;
    filled += n;
  }
  return window;
}

/** Do the first bytes of the open file have this fingerprint? An empty fingerprint proves nothing and is false. */
export function hasFingerprint(host: Host, fd: number, file: FileIdentity): boolean {
  if (file.fingerprintBytes === 0) return false;
  const window = readWindow(host, fd, 0, file.fingerprintBytes);
  return window !== null && hashWindow(host, window, 0, window.length) === file.fingerprint;
}

export function hasAnchor(host: Host, fd: number, anchor: Anchor): boolean {
  const window = readWindow(host, fd, Math.max(0, anchor[0] - ANCHOR_BYTES), anchor[0]);
  return window !== null && hashWindow(host, window, 0, window.length) === anchor[1];
}

/** Takes the fingerprint of the bytes there are, up to FINGERPRINT_BYTES: a log only grows, so the first ones stay. True if it grew. */
export function growFingerprint(host: Host, followed: Followed): boolean {
  const bytes = Math.min(FINGERPRINT_BYTES, followed.size);
  if (bytes <= followed.file.fingerprintBytes) return false;
  const head = readWindow(host, followed.fd, 0, bytes);
  if (head === null) return false;
  followed.head = head;
  followed.file = { ...followed.file, fingerprint: hashWindow(host, head, 0, bytes), fingerprintBytes: bytes };
  return true;
}

/** Is the open file still the one that was read? Proven by the last bytes read, and where those are few by the first ones. */
export function isUnchanged(host: Host, followed: Followed): boolean {
  const { anchor, head, offset } = followed;
  if (offset < FINGERPRINT_BYTES && !holds(readWindow(host, followed.fd, 0, head.length), head)) return false;
  return holds(readWindow(host, followed.fd, offset - anchor.length, offset), anchor);
}

const holds = (window: Uint8Array | null, bytes: Uint8Array): boolean =>
  window?.every((byte, i) => byte === bytes[i]) === true;

/** Where reading goes on, and what of it is durable already. */
export interface Resume {
  readonly offset: number;
  readonly done: DoneIntervals | null;
  readonly cuts: number[];
}

/** Where to go on in an open file that may be the one of `position`: null if it is another, or another generation of it. */
export function resumeIn(host: Host, fd: number, size: number, position: FilePosition): Resume | null {
  const { anchors, done, offset } = position;
  const highest = highestDone(done);
  if (size < highest || !hasFingerprint(host, fd, position.file)) return null;
  const last = anchors.at(-1);
  if (last !== undefined && !hasAnchor(host, fd, last)) return null;
  return offset >= highest ? { offset, done: null, cuts: [] } : { offset, done, cuts: cutsAbove(done, offset) };
}

/**
 * The same for a file whose end is gone, because a power cut took what was not synced yet: it goes on from the last place that can be
 * proven. What was read above that place is not in the file any more: what stands there now is new.
 */
export function resumeShortened(host: Host, fd: number, size: number, position: FilePosition): Resume | null {
  const { anchors, done, offset } = position;
  if (size >= position.file.fingerprintBytes && !hasFingerprint(host, fd, position.file)) return null;
  for (const anchor of anchors.filter(([place]) => place > 0 && place <= size).reverse()) {
    if (!hasAnchor(host, fd, anchor)) continue;
    if (anchor[0] <= offset) return { offset: anchor[0], done: null, cuts: [] };
    const left = below(done, anchor[0]);
    return { offset, done: left, cuts: cutsAbove(left, offset) };
  }
  return null;
}

function below(done: DoneIntervals, end: number): DoneIntervals {
  const cut = (name: keyof DoneIntervals): Ranges => {
    const ranges = new Ranges();
    for (const [low, high] of done[name].pairs()) if (low < end) ranges.addRange(low, Math.min(high, end - 1));
    return ranges;
  };
  return { error: cut('error'), log: cut('log'), debug: cut('debug') };
}
