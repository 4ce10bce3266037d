import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Host } from '../../core/host.ts';
import type { DesiredLevels } from '../../core/logs/desired-levels.ts';
import { levelsDocument } from '../../core/logs/level-offer.ts';

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
      mkdirSync(dirname(path), { recursive: true });
      // For every user's programs.
      writeFileSync(`${path}.new`, text, { mode: 0o644 });
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
