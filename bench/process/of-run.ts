import { readdirSync, readFileSync } from 'node:fs';

/**
 * The processes of a run, by its folder for temporary files: all that were started in it have it in their environment as TMPDIR, whoever their parent
 * is and whatever session they made for themselves (proc(5), environ: what a process was started with).
 */
export function processesOf(folder: string, proc = '/proc'): number[] {
  const entry = `TMPDIR=${folder}`;
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => environmentOf(`${proc}/${name}/environ`).split('\0').includes(entry))
    .map(Number);
}

function environmentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    // It ended meanwhile (ENOENT, ESRCH), or is another user's (EACCES).
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
