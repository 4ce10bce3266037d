import { HeliographError } from '../../lib/errors.ts';
import type { HostFiles } from './host.ts';

const ENOENT = -2;

/**
 * A small file, whole, or null if there is none.
 * @throws HeliographError HG_COLLECTOR_DISK
 */
export function readWhole(files: HostFiles, path: string): Uint8Array | null {
  for (let size = 8192; ; size *= 4) {
    const into = new Uint8Array(size);
    const got = files.readFile(path, into);
    if (got === ENOENT) return null;
    if (got < 0) throw new HeliographError('HG_COLLECTOR_DISK', `${path} cannot be read`, { path, errno: got });
    if (got < size) return into.slice(0, got);
  }
}

/**
 * Writes a small file so that after a power cut either the old or the new contents are there, and durable when it returns.
 * @throws HeliographError HG_COLLECTOR_DISK
 */
export function writeWhole(files: HostFiles, path: string, bytes: Uint8Array): void {
  const fresh = `${path}.new`;
  const check = (what: string, result: number): number => {
    if (result < 0) {
      throw new HeliographError('HG_COLLECTOR_DISK', `${what} ${path} failed`, { path, errno: result });
    }
    return result;
  };
  const fd = check('creating', files.open(fresh, 'create'));
  try {
    check('writing', files.write(fd, bytes, 0, bytes.length));
    check('syncing', files.fsync(fd));
  } finally {
    files.close(fd);
  }
  check('renaming', files.rename(fresh, path));
  check('syncing the folder of', files.fsyncDirectory(path.slice(0, path.lastIndexOf('/')) || '/'));
}
