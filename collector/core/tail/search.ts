import type { Host } from '../host.ts';
import { realPath } from '../sources/real-path.ts';
import { type Followed, hasAnchor, hasFingerprint, key, readWindow } from './followed.ts';
import { type FileIdentity, hashWindow } from './identity.ts';

/** Of a packed copy, and of what is in it: it is unpacked up to the place that is wanted. */
export const MOST_PACKED = 512 * 1024 * 1024;
const EAGAIN = -11;

export interface FoundFile<Match> {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  readonly fd: number;
  readonly match: Match;
}

/**
 * Looks for the file that was `file`: first the same inode (under a pattern, or renamed in its folder), then any other file of
 * its folder with the same content (the copy a truncation left). `match` proves it by content (`same`: it has the same inode); `taken` are files that are
 * followed already. The folder of its last name is searched, and the one that it leads to if it is a link, not others: a rotation into another folder (olddir) is only
 * followed while the collector runs, by the open descriptor.
 */
export function findElsewhere<Match>(
  host: Host,
  file: FileIdentity,
  found: ReadonlyMap<string, string>,
  match: (fd: number, size: number, same: boolean) => Match | null,
  taken: (id: string) => boolean,
): FoundFile<Match> | null {
  const own = key(file.device, file.inode);
  const stat = new Float64Array(6);
  const path = found.get(own);
  for (const candidate of candidatesOf(host, file, path)) {
    const fd = host.files.open(candidate, 'read');
    if (fd < 0) continue;
    if (host.files.fstat(fd, stat) >= 0 && stat[5] === 1) {
      const device = stat[4]!;
      const inode = stat[3]!;
      if (!taken(key(device, inode))) {
        const proof = match(fd, stat[0]!, key(device, inode) === own);
        if (proof !== null) return { path: candidate, device, inode, fd, match: proof };
      }
    }
    host.files.close(fd);
  }
  return null;
}

/** Where a pattern finds it comes first: mostly it is that, and nothing of its folder is looked at, where thousands may be. */
function* candidatesOf(host: Host, file: FileIdentity, path: string | undefined): Generator<string> {
  if (path !== undefined) yield path;
  const own = key(file.device, file.inode);
  const stat = new Float64Array(6);
  const others: string[] = [];
  const same: string[] = [];
  for (const folder of foldersOf(host, file.path)) {
    const names = host.files.readdir(folder === '' ? '/' : folder);
    if (typeof names === 'number') continue;
    for (const name of names) {
      const other = `${folder}/${name}`;
      // A packed one is no log as it stands, but may have got the inode of one.
      if (other === path || other.endsWith('.gz') || host.files.stat(other, stat) < 0 || stat[5] !== 1) continue;
      if (key(stat[4]!, stat[3]!) === own) same.push(other);
      else if (sharesStem(other, file.path)) others.push(other);
    }
  }
  yield* same;
  yield* others;
}

/**
 * Looks in its folder for a gzip file in which the file that was `file` is packed: a rotation that compresses at once leaves nothing else. The
 * content proves it. `later`: it is unpacked to this place over several turns, to be asked for again; those that are stand in `unpacking`, by path (null: there is no later).
 */
export function findPacked<Match>(
  host: Host,
  file: FileIdentity,
  place: number,
  match: (fd: number, size: number) => Match | null,
  taken: (id: string) => boolean,
  unpacking: Map<string, number> | null,
): FoundFile<Match> | 'later' | null {
  const { files } = host;
  if (files.openPacked === undefined || file.fingerprintBytes === 0) return null;
  const stat = new Float64Array(6);
  for (const folder of foldersOf(host, file.path)) {
    const names = files.readdir(folder === '' ? '/' : folder);
    if (typeof names === 'number') continue;
    for (const name of names) {
      const path = `${folder}/${name}`;
      if (!name.endsWith('.gz') || !sharesStem(path, file.path)) continue;
      const fd = unpacking?.get(path) ?? files.openPacked(path, MOST_PACKED);
      if (fd < 0) continue;
      unpacking?.delete(path);
      const free = files.fstat(fd, stat) >= 0 && !taken(key(stat[4]!, stat[3]!));
      if (free && stat[0]! >= place && hasFingerprint(host, fd, file)) {
        if (!unpackTo(host, fd, place, unpacking !== null)) {
          unpacking!.set(path, fd);
          return 'later';
        }
        const proof = match(fd, stat[0]!);
        if (proof !== null) return { path, device: stat[4]!, inode: stat[3]!, fd, match: proof };
      }
      files.close(fd);
    }
  }
  return null;
}

/** False: not yet. */
function unpackTo({ files }: Host, fd: number, place: number, inTurns: boolean): boolean {
  const last = new Uint8Array(1);
  if (place === 0) return true;
  while (files.pread(fd, last, 0, 1, place - 1) === EAGAIN) if (inTurns) return false;
  return true;
}

/**
 * Is a file that has just appeared a copy of one that is followed (copy, then truncate)? It is, while it begins the same and nothing in it
 * contradicts: then it is not read from its beginning, but waits for the truncation, and takes over the unread rest.
 */
export function findTwin(host: Host, own: Followed, followed: Iterable<Followed>): Followed | null {
  const { fd, size } = own;
  const path = own.file.path;
  let isOlder = true;
  for (const other of followed) {
    if (other === own) isOlder = false;
    // Of two that are new that is the copy which was found last.
    if (other === own || !(other.cleared || isOlder) || other.head.length === 0) continue;
    if (folderOf(other.file.path) !== folderOf(path) || !sharesStem(path, other.file.path)) continue;
    // A copy that is still being made is shorter than what was read: so far it is the same. What was read of the other file is
    // compared, not what is in it now: it may have been truncated a moment ago.
    const ours = readWindow(host, fd, 0, Math.min(size, other.head.length));
    if (ours === null || !ours.every((byte, i) => byte === other.head[i])) continue;
    if (size < other.offset) return other;
    if (hasAnchor(host, fd, [other.offset, hashWindow(host, other.anchor, 0, other.anchor.length)])) return other;
  }
  return null;
}

/** The copy of a file that was truncated to `next`, where it is open already, as a pattern matches it: its name may be gone, or packed, by now. */
export function findHeld<Match>(
  host: Host,
  next: Followed,
  followed: Iterable<Followed>,
  match: (fd: number, size: number) => Match | null,
): FoundFile<Match> | null {
  const stat = new Float64Array(6);
  for (const suspect of followed) {
    const { fd, file, cleared } = suspect;
    if (suspect === next || cleared || fd < 0 || host.files.fstat(fd, stat) < 0) continue;
    const proof = match(fd, stat[0]!);
    if (proof !== null) return { path: file.path, device: file.device, inode: file.inode, fd, match: proof };
  }
  return null;
}

/** A path beside which its rotated ones stand: of a link to another folder (the kubelet's in /var/log/containers) also where it leads. */
export function placesOf(host: Host, path: string): string[] {
  const real = realPath(host.files, path);
  return folderOf(real) === folderOf(path) ? [path] : [path, real];
}

function foldersOf(host: Host, path: string): string[] {
  return placesOf(host, path).map(folderOf);
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** `app.log` and `app.log.1`, `app.log-20260101`, `app-20260101.log`: the same up to the first dot, dash or underscore. */
function sharesStem(a: string, b: string): boolean {
  const stem = (path: string): string => path.slice(path.lastIndexOf('/') + 1).split(/[._-]/, 1)[0]!;
  return stem(a) === stem(b);
}
