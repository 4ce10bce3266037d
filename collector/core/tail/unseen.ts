import type { Host } from '../host.ts';
import { hasFingerprint, key, readWindow } from './followed.ts';
import { FINGERPRINT_BYTES, type FileIdentity, hashWindow } from './identity.ts';
import { isRotated } from './rotated-name.ts';
import { folderOf, MOST_PACKED, placesOf } from './search.ts';

/** Looks again so often, as long as a file is packed away under its hands. */
const MOST_LOOKS = 3;

/** Some packers keep the time of a file to the second. */
const TIME_MS = 1_000;

/** A file that was rotated away before anybody saw it, open. */
export interface UnseenFile {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  readonly fd: number;
  readonly mtime: number;
}

/** What is known already. */
export interface KnownFiles {
  /** By device and inode. */
  has(id: string): boolean;
  /** Those whose content is, or was, followed, wherever it stands. */
  readonly identities: readonly FileIdentity[];
  /** That which stands under the name now. */
  readonly current: FileIdentity;
  /** It was known before there was anything in it. */
  readonly wasEmpty: boolean;
  /** Paths to leave alone. */
  readonly exclude: ReadonlySet<string>;
}

/**
 * Files that were made, filled and rotated away while nobody looked: a poll that came late, or a collector that was stopped. They have a rotated name of
 * `path`, were written last after the newest one that is known was seen, and hold none of what is known. In the order they were written.
 * @param after what `lastSeen` says
 */
export function findUnseen(host: Host, path: string, after: number, known: KnownFiles): UnseenFile[] {
  const since = Math.floor(after / TIME_MS) * TIME_MS;
  const identities = [...known.identities];
  const unseen: UnseenFile[] = [];
  for (let look = 0; look < MOST_LOOKS; look++) {
    let vanished = false;
    for (const candidate of candidatesOf(host, path, since, known.exclude)) {
      const fd = candidate.endsWith('.gz')
        ? (host.files.openPacked?.(candidate, MOST_PACKED) ?? -1)
        : host.files.open(candidate, 'read');
      if (fd === -2) vanished = true;
      if (fd < 0) continue;
      const file = unseenIn(host, candidate, fd, { ...known, identities }, unseen);
      if (file === null) host.files.close(fd);
      else unseen.push(file);
    }
    if (!vanished) break;
  }
  return unseen.sort((a, b) => a.mtime - b.mtime);
}

/** Whether a file stands under the name, or a rotated one. */
export function isOf(file: FileIdentity, path: string): boolean {
  return file.path === path || isRotated(file.path, path);
}

/** When the newest one before that which stands under the name now was seen, ms; null: none is known, and what is old stays unread. */
export function lastSeen(path: string, { identities, current, wasEmpty }: KnownFiles): number | null {
  const before = identities.filter((file) => file !== current && isOf(file, path));
  // Of what was empty nobody knows what became of it.
  const filled = before.flatMap(({ seen, fingerprintBytes }) => (fingerprintBytes > 0 ? (seen ?? []) : []));
  if (filled.length > 0) return Math.max(...filled);
  const empty = [...before, ...(wasEmpty ? [current] : [])].flatMap(({ seen }) => seen ?? []);
  return empty.length > 0 ? Math.min(...empty) : null;
}

/** Null: it is known. Else its content is added to what is known, as it may stand in its folder twice while it is packed. */
function unseenIn(
  host: Host,
  path: string,
  fd: number,
  known: { has(id: string): boolean; readonly identities: FileIdentity[] },
  unseen: readonly UnseenFile[],
): UnseenFile | null {
  const stat = new Float64Array(6);
  if (host.files.fstat(fd, stat) < 0) return null;
  const [size, mtime, , inode, device] = stat as unknown as [number, number, number, number, number];
  const id = key(device, inode);
  if (size === 0 || known.has(id) || unseen.some((other) => key(other.device, other.inode) === id)) return null;
  if (known.identities.some((file) => hasFingerprint(host, fd, file))) return null;
  const fingerprintBytes = Math.min(FINGERPRINT_BYTES, size);
  const head = readWindow(host, fd, 0, fingerprintBytes);
  if (head === null) return null;
  const fingerprint = hashWindow(host, head, 0, fingerprintBytes);
  known.identities.push({ id: '', path, device, inode, fingerprint, fingerprintBytes });
  return { path, device, inode, fd, mtime };
}

/** Rotated names of a path, written after a time; packed ones last. */
function candidatesOf(host: Host, path: string, after: number, exclude: ReadonlySet<string>): string[] {
  const stat = new Float64Array(6);
  const candidates: string[] = [];
  for (const place of placesOf(host, path)) {
    const folder = folderOf(place);
    const names = host.files.readdir(folder === '' ? '/' : folder);
    if (typeof names === 'number') continue;
    const own = place.slice(folder.length + 1);
    // A rotated name goes on like this, whatever it goes on with: of thousands in a folder few are to be looked at closely.
    const begin = own.includes('.') ? own.slice(0, own.lastIndexOf('.')) : own;
    for (const name of names) {
      if (!name.startsWith(begin)) continue;
      const candidate = `${folder}/${name}`;
      if (!isRotated(candidate, place) || exclude.has(candidate)) continue;
      if (host.files.stat(candidate, stat) >= 0 && stat[5] === 1 && stat[1]! >= after) candidates.push(candidate);
    }
  }
  return candidates.sort((a, b) => Number(a.endsWith('.gz')) - Number(b.endsWith('.gz')));
}
