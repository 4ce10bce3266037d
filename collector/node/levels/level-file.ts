import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Host } from '../../core/host.ts';
import type { DesiredLevels } from '../../core/logs/desired-levels.ts';
import { levelsDocument } from '../../core/logs/level-offer.ts';
import { readableFolderOf } from '../readable-folder.ts';

/**
 * Keeps the file up to date in which programs look for their levels: whole or not at all, and gone when the collector ends.
 * @returns ends it
 */
export function offerLevelFile(
  host: Pick<Host, 'log'>,
  path: string,
  desired: DesiredLevels,
  services: readonly string[],
): () => void {
  let written = '';
  const write = (): void => {
    const text = levelsDocument(desired, services);
    if (text === written) return;
    try {
      readableFolderOf(path);
      writeFileSync(`${path}.new`, text);
      // For every user's programs, whatever the umask is.
      chmodSync(`${path}.new`, 0o644);
      renameSync(`${path}.new`, path);
      written = text;
    } catch (error) {
      host.log('warn', 'the file of levels cannot be written', { path, error: String(error) });
    }
  };
  write();
  desired.onChange(write);
  return () => rmSync(path, { force: true });
}
