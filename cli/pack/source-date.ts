import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HeliographError } from '../../lib/errors.ts';

/** Where there is neither the variable nor a history: dpkg and its tools call files before 1984 ancient. */
const NO_DATE = 946_684_800;

/**
 * Seconds since the epoch that all of a package is dated: SOURCE_DATE_EPOCH as reproducible-builds.org has it, else the source's last commit.
 * @throws HeliographError HG_PACK_REQUEST
 */
export function sourceDate(environment: Readonly<Record<string, string | undefined>>): number {
  const said = environment.SOURCE_DATE_EPOCH;
  if (said !== undefined) {
    if (!/^\d{1,11}$/.test(said))
      throw new HeliographError('HG_PACK_REQUEST', `SOURCE_DATE_EPOCH is "${said}"; write seconds such as 1790000000`);
    return Number(said);
  }
  try {
    const root = fileURLToPath(new URL('../../', import.meta.url));
    return (
      Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })) ||
      NO_DATE
    );
  } catch {
    // No git, or no history.
    return NO_DATE;
  }
}
