import { statSync } from 'node:fs';

/** Says whether any of some files changed since it was asked last (by time, size and inode). A missing file is a state too. */
export function changeDetector(files: readonly string[]): () => boolean {
  const look = () => files.map(fingerprint).join('|');
  let before = look();
  return () => {
    const now = look();
    const changed = now !== before;
    before = now;
    return changed;
  };
}

function fingerprint(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs}:${stat.size}:${stat.ino}` : '-';
}
