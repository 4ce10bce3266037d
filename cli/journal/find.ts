import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HeliographError } from '../../lib/errors.ts';

const CURSOR_FILES = ['cursors-0.log', 'cursors-1.log'];
/** A tier's folder has journals one level down, the folder of "npm start" two. */
const DEPTH = 3;

/**
 * The journals in a folder: itself, or those beneath it.
 * @throws HeliographError HG_JOURNAL_NONE
 */
export function findJournals(folder: string): string[] {
  let found: string[];
  try {
    found = search(realpathSync(folder), DEPTH);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such folder' : String(cause);
    throw new HeliographError('HG_JOURNAL_NONE', `${folder}: ${why}`, { folder }, cause);
  }
  if (found.length > 0) return found;
  throw new HeliographError(
    'HG_JOURNAL_NONE',
    `${folder} has no cursors-0.log in it or beneath it; give a tier's dataDir, or a journal's own folder`,
    { folder },
  );
}

function search(folder: string, depth: number): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (entries.some((entry) => CURSOR_FILES.includes(entry.name))) return [folder];
  if (depth === 0) return [];
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .sort()
    .flatMap((inner) => search(inner, depth - 1));
}

/** The user that a journal's files belong to. */
export function ownerOfFiles(journal: string): number {
  return statSync(join(journal, CURSOR_FILES[0]!), { throwIfNoEntry: false })?.uid ?? statSync(journal).uid;
}
