import { type TreeFile, textFile } from './file-tree.ts';
import { filled } from './filled.ts';
import { PROGRAM } from './names.ts';
import type { Request } from './request.ts';

/** The tree with the script that puts it in place, and the one that takes it away, which is installed too. */
export function installerFiles(request: Request, tree: readonly TreeFile[]): TreeFile[] {
  const uninstall = filled('tar/uninstall.sh', request);
  return [
    textFile('install.sh', filled('tar/install.sh', request), 0o755),
    textFile('uninstall.sh', uninstall, 0o755),
    ...tree.map((file) => ({ ...file, path: `files/${file.path}` })),
    textFile(`files/${PROGRAM}/uninstall.sh`, uninstall, 0o755),
  ];
}
