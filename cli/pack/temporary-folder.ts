import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeliographError } from '../../lib/errors.ts';

/** A new folder whose name begins with `name`, for its caller to remove. @throws HeliographError HG_PACK_REQUEST */
export function temporaryFolder(name: string): string {
  try {
    return mkdtempSync(join(tmpdir(), `${name}-`));
  } catch (cause) {
    const detail = `${(cause as Error).message}; give a folder that can be written with TMPDIR`;
    throw new HeliographError('HG_PACK_REQUEST', detail, {}, cause);
  }
}
