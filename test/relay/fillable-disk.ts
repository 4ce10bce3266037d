import type { JournalFile, JournalFiles } from '../../lib/journal/contract.ts';
import { nodeFiles } from '../../lib/node-files.ts';

/** A disk on which one folder gets full. */
export function fillable(folder: string): { files: JournalFiles; full: boolean } {
  const disk = { full: false, files: nodeFiles };
  disk.files = {
    ...nodeFiles,
    open: async (path, create) => {
      const file = await nodeFiles.open(path, create);
      const failing = (run: () => Promise<void>): Promise<void> =>
        disk.full && path.includes(folder)
          ? Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }))
          : run();
      const wrapped: JournalFile = {
        size: () => file.size(),
        read: (into, position) => file.read(into, position),
        write: (bytes, position) => failing(() => file.write(bytes, position)),
        writeThrough: (bytes, position) => failing(() => file.writeThrough(bytes, position)),
        truncate: (length) => file.truncate(length),
        sync: () => failing(() => file.sync()),
        close: () => file.close(),
      };
      return wrapped;
    },
  };
  return disk;
}
