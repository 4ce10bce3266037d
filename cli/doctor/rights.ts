import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { many } from '../terminal/text.ts';
import { type Check, fail, systemReason, warn } from './check.ts';

/** More is not looked at: it would take long, and one is enough to know. */
const MOST_FILES = 5000;

/**
 * Whether all in a tier's folder belongs to whom the folder belongs to, and whether we look at it as that user: root reads and writes what the service may not.
 * @param uid of this process
 */
export function checkRights(folder: string, uid = process.getuid?.()): Check[] {
  if (!existsSync(folder) || uid === undefined) return [];
  const owner = lstatSync(folder).uid;
  const checks: Check[] = [];
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).slice(0, MOST_FILES);
  } catch (error) {
    return [fail('rights', `${folder}: ${systemReason(error)}`, "run this as the tier's user, or as root")];
  }
  const foreign = names.filter(
    (name) => lstatSync(join(folder, name), { throwIfNoEntry: false })?.uid !== owner && existsSync(join(folder, name)),
  );
  if (foreign.length > 0) {
    const found = `${many(foreign.length, 'file')} in ${folder} belong to another user than the folder (${owner}), ${foreign[0]} first`;
    checks.push(fail('rights', found, `it was started as another user once: chown -R ${owner} ${folder}`));
  }
  if (uid !== owner) {
    const found = `the folder ${folder} belongs to user ${owner}, this is user ${uid}: what that one may not read is not seen here`;
    checks.push(
      warn(
        'rights',
        found,
        `run this as that user: setpriv --reuid ${owner} --regid ${owner} --init-groups heliograph collector doctor`,
      ),
    );
  }
  return checks;
}
