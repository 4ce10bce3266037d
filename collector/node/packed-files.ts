import type { Host, HostFiles } from '../core/host.ts';
import { errno, fill } from './files.ts';
import { GzipFile } from './gzip-file.ts';

/** Descriptors of packed files; the system's are far below. */
const FIRST = 2 ** 30;

/** The host with what it needs to read the content of gzip files: loaded only where log files are followed. */
export function withPackedFiles(host: Host): Host {
  const open = new Map<number, GzipFile>();
  let next = FIRST;
  const { files } = host;
  const packed: HostFiles = {
    ...files,
    openPacked(path, most) {
      try {
        const file = GzipFile.open(path, most);
        if (file === null) return -22;
        open.set(next, file);
        return next++;
      } catch (error) {
        return errno(error);
      }
    },
    pread(fd, into, offset, length, position) {
      if (fd < FIRST) return files.pread(fd, into, offset, length, position);
      try {
        return open.get(fd)!.pread(into, offset, length, position);
      } catch (error) {
        return errno(error);
      }
    },
    fstat(fd, out) {
      if (fd < FIRST) return files.fstat(fd, out);
      const { stats, size } = open.get(fd)!;
      fill(stats, out);
      out[0] = size;
      return 0;
    },
    close(fd) {
      if (fd < FIRST) return files.close(fd);
      open.get(fd)?.close();
      open.delete(fd);
      return 0;
    },
  };
  return { ...host, files: packed };
}
