import { randomBytes } from 'node:crypto';
import { mkdir, open, opendir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HeliographError } from '../../lib/errors.ts';
import type { Objects } from '../ports/objects.ts';
import { checkKey } from './key.ts';

/** Names of files that are being written end so; no key may. */
const PARTIAL = '.partial~';

/** Objects as files under one folder; the parts of a key are directories. */
export class FolderObjects implements Objects {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  #path(key: string): string {
    checkKey(key);
    return join(this.#root, ...key.split('/'));
  }

  /** Temporary file, fsync, rename, fsync of each directory that changed: after that neither kill nor power cut loses it, and nobody ever reads half of it. */
  async put(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(key);
    const temporary = `${path}.${randomBytes(6).toString('hex')}${PARTIAL}`;
    try {
      await makeDirectory(dirname(path));
      const file = await open(temporary, 'wx', 0o640);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      await syncDirectory(dirname(path));
    } catch (cause) {
      await unlink(temporary).catch(unlessMissing);
      throw diskError(key, cause);
    }
  }

  async get(key: string): Promise<Uint8Array | null> {
    const path = this.#path(key);
    try {
      return new Uint8Array(await readFile(path));
    } catch (cause) {
      if (isMissing(cause)) return null;
      throw diskError(key, cause);
    }
  }

  /** In no particular order. What is put or deleted meanwhile may or may not come. */
  async *list(prefix: string): AsyncIterable<{ key: string; bytes: number; modified: number }> {
    if (prefix !== '') checkKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
    const cut = prefix.lastIndexOf('/');
    const directory = cut < 0 ? '' : prefix.slice(0, cut);
    yield* this.#walk(directory, prefix);
  }

  async *#walk(directory: string, prefix: string): AsyncIterable<{ key: string; bytes: number; modified: number }> {
    const names: { name: string; directory: boolean }[] = [];
    try {
      for await (const entry of await opendir(join(this.#root, directory))) {
        names.push({ name: entry.name, directory: entry.isDirectory() });
      }
    } catch (cause) {
      if (isMissing(cause)) return;
      throw diskError(prefix, cause);
    }
    for (const entry of names) {
      const key = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.directory) {
        const inside = `${key}/`;
        if (inside.startsWith(prefix) || prefix.startsWith(inside)) yield* this.#walk(key, prefix);
        continue;
      }
      if (!key.startsWith(prefix) || key.endsWith(PARTIAL)) continue;
      const found = await stat(join(this.#root, key)).catch(unlessMissing);
      if (found) yield { key, bytes: found.size, modified: found.mtimeMs };
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.#path(key);
    try {
      await unlink(path);
      await syncDirectory(dirname(path));
    } catch (cause) {
      if (!isMissing(cause)) throw diskError(key, cause);
    }
  }

  /** Nothing is held open. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncDirectory(dirname(at));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
  return undefined;
}

function diskError(key: string, cause: unknown): HeliographError {
  const code = (cause as { code?: unknown }).code;
  return new HeliographError('HG_OBJECT_DISK', `${key}: ${String(cause)}`, { key, cause: code }, cause);
}
