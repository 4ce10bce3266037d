import type { Host } from '../host.ts';
import { type Followed, hasAnchor, key, readWindow } from './followed.ts';
import { type FileIdentity, hashWindow } from './identity.ts';

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
 * followed already. The folder of its last name is searched, not others: a rotation into another folder (olddir) is only
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
  const candidates: string[] = [];
  const path = found.get(own);
  if (path !== undefined) candidates.push(path);
  const stat = new Float64Array(6);
  const folder = folderOf(file.path);
  const names = host.files.readdir(folder === '' ? '/' : folder);
  const others: string[] = [];
  if (typeof names !== 'number') {
    for (const name of names) {
      const other = `${folder}/${name}`;
      if (other === path || host.files.stat(other, stat) < 0 || stat[5] !== 1) continue;
      if (key(stat[4]!, stat[3]!) === own) candidates.push(other);
      else if (sharesStem(other, file.path)) others.push(other);
    }
  }
  for (const candidate of [...candidates, ...others]) {
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

/**
 * Is a file that has just appeared a copy of one that is followed (copy, then truncate)? It is, while it begins the same and nothing in it
 * contradicts: then it is not read from its beginning, but waits for the truncation, and takes over the unread rest.
 */
export function findTwin(host: Host, own: Followed, followed: Iterable<Followed>): Followed | null {
  const { fd, size } = own;
  const path = own.file.path;
  for (const other of followed) {
    if (other === own || !other.cleared || other.head.length === 0) continue;
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

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** `app.log` and `app.log.1`, `app.log-20260101`, `app-20260101.log`: the same up to the first dot, dash or underscore. */
function sharesStem(a: string, b: string): boolean {
  const stem = (path: string): string => path.slice(path.lastIndexOf('/') + 1).split(/[._-]/, 1)[0]!;
  return stem(a) === stem(b);
}
