import { packTar } from 'modern-tar';
import { foldersOf, sorted, type TreeFile } from './file-tree.ts';
import { gzip } from './gzip.ts';

/**
 * A gzipped ustar archive, the same bytes for the same files and time.
 * @param before what stands before every path: `./` as dpkg has it, or `name-1.0/`
 * @param epoch seconds: the time of all files
 */
export async function tarball(files: readonly TreeFile[], before: string, epoch: number): Promise<Buffer> {
  const common = { mtime: new Date(epoch * 1000), uid: 0, gid: 0, uname: 'root', gname: 'root' };
  const folder = (name: string) => ({
    header: { ...common, name: `${name}/`, size: 0, mode: 0o755, type: 'directory' as const },
  });
  const tar = await packTar([
    folder(before.replace(/\/$/, '')),
    ...foldersOf(files).map((path) => folder(before + path)),
    ...sorted(files).map(({ path, mode, data }) => ({
      header: { ...common, name: before + path, size: data.length, mode, type: 'file' as const },
      body: data,
    })),
  ]);
  return gzip(tar);
}
