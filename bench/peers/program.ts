import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where daemons are that a user's PATH does not have. */
const DAEMONS = ['/usr/sbin', '/usr/local/sbin'];

/** The path of a program of this machine, or null. @param more folders that are looked into first */
export function findProgram(name: string, more: readonly string[] = []): string | null {
  const folders = [...more, ...(process.env.PATH ?? '').split(delimiter), ...DAEMONS];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** Said in place of a peer's figures. */
export function skipped(name: string, how: string): null {
  console.error(`${name} is not installed and is left out (${how})`);
  return null;
}
