import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes the folder of a file or socket that other users' programs use, whatever the umask of this process is. A folder that is there already stays
 * as whoever made it wants it.
 */
export function readableFolderOf(path: string): void {
  const folder = dirname(path);
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    chmodSync(made, 0o755);
    if (made === first || made === dirname(made)) return;
  }
}
