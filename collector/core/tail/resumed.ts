import type { Host } from '../host.ts';
import { type Followed, hasFingerprint, type Resume, resumeIn, resumeShortened } from './followed.ts';
import { type FilePosition, highestDone } from './positions.ts';
import { type FoundFile, findElsewhere, findPacked } from './search.ts';

/**
 * Those that can be proven by content first: an inode alone may have been given to another file meanwhile. Of equal ones that first from which something is
 * durable: the other is a copy of it.
 */
export function byProof(a: FilePosition, b: FilePosition): number {
  const rank = (position: FilePosition): number =>
    position.file.fingerprintBytes === 0 ? 2 : isUnread(position) ? 1 : 0;
  return rank(a) - rank(b) || b.file.fingerprintBytes - a.file.fingerprintBytes;
}

/** Nothing of it is durable. */
function isUnread({ offset, done }: FilePosition): boolean {
  return offset === 0 && highestDone(done) === 0;
}

/**
 * Of a copy that waited for the truncation nothing is durable: it is taken up as one that has just appeared, if another has not gone on in it. A file that a
 * pattern matched as it was written, and does not as it is renamed, is none.
 * @param found what patterns match now, by device and inode, as `followed`
 */
export function isUnreadCopy(
  host: Host,
  position: FilePosition,
  found: ReadonlyMap<string, string>,
  followed: ReadonlyMap<string, Followed>,
): boolean {
  const { file } = position;
  if (!isUnread(position)) return false;
  if (![...followed.values()].some((other) => hasFingerprint(host, other.fd, file))) return false;
  const own = (fd: number, _size: number, same: boolean) => (same && hasFingerprint(host, fd, file) ? true : null);
  const renamed = findElsewhere(host, file, found, own, (id) => found.has(id) || followed.has(id));
  if (renamed !== null) host.files.close(renamed.fd);
  return renamed === null;
}

/**
 * The file of a position: under a pattern, or under another name, or in the copy a truncation left, or what is left of it. `later` and `unpacking`: as
 * findPacked has them.
 */
export function findAgain(
  host: Host,
  position: FilePosition,
  found: ReadonlyMap<string, string>,
  taken: (id: string) => boolean,
  unpacking: Map<string, number>,
): FoundFile<Resume> | 'later' | null {
  const { file, offset, anchors } = position;
  // A file that was empty when it was last seen is known by its inode alone.
  const whole = (fd: number, size: number, same: boolean): Resume | null =>
    same && file.fingerprintBytes === 0 ? { offset: 0, done: null, cuts: [] } : resumeIn(host, fd, size, position);
  const packed = (fd: number, size: number): Resume | null => resumeIn(host, fd, size, position);
  const shortened = (fd: number, size: number, same: boolean): Resume | null =>
    same ? resumeShortened(host, fd, size, position) : null;
  return (
    findElsewhere(host, file, found, whole, taken) ??
    findPacked(host, file, Math.max(offset, anchors.at(-1)?.[0] ?? 0), packed, taken, unpacking) ??
    findElsewhere(host, file, found, shortened, taken)
  );
}
