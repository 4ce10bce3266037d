import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The commit that is run, and whether files besides the documentation are changed; null where this is no repository, or there is no git. */
export function commitName(root: string = ROOT): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const commit = git('rev-parse', '--short', 'HEAD');
    return git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!docs') === ''
      ? commit
      : `${commit} with changes`;
  } catch {
    // An unpacked archive: figures are good all the same.
    return null;
  }
}
