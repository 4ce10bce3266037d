import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join } from 'node:path';
import { squeeze } from './squeeze.ts';

/** What a browser gets: bytes, their type, and a name for exactly these bytes. */
export interface Served {
  readonly content: Buffer;
  readonly type: string;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.ts': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** `content` with its name. */
export function served(content: Buffer, type: string): Served {
  return { content, type, etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"` };
}

/**
 * The page's files as browsers run them: `.ts` without its types and comments, the rest as it is. There is no build step: a file is stripped
 * when it is first asked for, and again when it changed. Only files that stood in the folder at the start are given out, so
 * no name in a request ever reaches the file system.
 */
export class PageModules {
  readonly #folder: string;
  readonly #names: readonly string[];
  readonly #kept = new Map<string, { stamp: string; file: Served }>();

  constructor(folder: string) {
    this.#folder = folder;
    this.#names = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && extname(entry.name) in TYPES)
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .replaceAll('\\', '/'),
      )
      .sort();
  }

  /** Names with `/` between folders. */
  names(): readonly string[] {
    return this.#names;
  }

  /** Null for a name that is not one of `names()`. */
  get(name: string): Served | null {
    if (!this.#names.includes(name)) return null;
    const path = join(this.#folder, name);
    const { mtimeMs, size } = statSync(path);
    const stamp = `${mtimeMs} ${size}`;
    const kept = this.#kept.get(name);
    if (kept?.stamp === stamp) return kept.file;
    const source = readFileSync(path);
    const content =
      extname(name) === '.ts'
        ? Buffer.from(squeeze(stripTypeScriptTypes(source.toString(), { mode: 'strip' })))
        : source;
    const file = served(content, TYPES[extname(name)]!);
    this.#kept.set(name, { stamp, file });
    return file;
  }
}
