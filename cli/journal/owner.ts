import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { ownerOfFiles } from './find.ts';

/** Whether a process has a journal open. */
export type Owner =
  | { readonly state: 'running'; readonly pid: number; readonly command: string }
  | { readonly state: 'stopped' }
  | { readonly state: 'unknown'; readonly why: string };

/**
 * Looks for the process that has a journal open. An owner keeps its cursor files open for as long as it lives, and the
 * kernel shows who has what open; nothing can be left behind by a kill.
 * @param proc where the kernel shows processes
 */
export function findOwner(journal: string, proc = '/proc'): Owner {
  if (process.platform !== 'linux') return { state: 'unknown', why: 'only Linux shows which process has a file open' };
  const inside = `${realpathSync(journal)}${sep}`;
  let hidden = 0;
  for (const pid of readdirSync(proc)) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    try {
      for (const fd of readdirSync(`${proc}/${pid}/fd`)) {
        if (opens(`${proc}/${pid}/fd/${fd}`, inside))
          return { state: 'running', pid: Number(pid), command: commandOf(proc, pid) };
      }
    } catch (error) {
      // Ended meanwhile, or of another user.
      if ((error as NodeJS.ErrnoException).code === 'EACCES') hidden++;
    }
  }
  const user = process.getuid?.();
  // A process of ours cannot hide from us, and one of a third user could not write these files.
  if (hidden === 0 || user === 0 || user === ownerOfFiles(journal)) return { state: 'stopped' };
  return { state: 'unknown', why: `the files belong to another user; run this as that user or as root` };
}

function opens(link: string, inside: string): boolean {
  try {
    return readlinkSync(link).startsWith(inside);
  } catch {
    // Closed between the listing and now.
    return false;
  }
}

function commandOf(proc: string, pid: string): string {
  try {
    return readFileSync(`${proc}/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    // Ended meanwhile.
    return '';
  }
}

export function ownerText(owner: Owner): string {
  if (owner.state === 'running') return `in use by process ${owner.pid}`;
  return owner.state === 'stopped' ? 'not in use' : `whether it is in use cannot be told: ${owner.why}`;
}
