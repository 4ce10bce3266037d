import type { HostFiles } from '../host.ts';

/**
 * Paths by pattern: `*` any characters of one name, `?` one of them, `**` as a whole part: any number of folders.
 * Hidden names are met only by a part that starts with a dot. Symbolic links to folders are followed by `*`, not by `**`.
 */
export interface PathPattern {
  readonly text: string;
  readonly parts: readonly (string | RegExp | null)[];
}

const DEEPEST = 16;

/** Compiles one pattern; a part without wildcards stays a string and costs no directory listing. `null` is `**`. */
export function compilePattern(text: string): PathPattern {
  const parts = text.split('/').map((part) => {
    if (part === '**') return null;
    if (!/[*?]/.test(part)) return part;
    const body = part
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replace(/\?/g, '.');
    return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${body}$`, 's');
  });
  return { text, parts };
}

/** Calls `found` with each path that may match; the caller's stat says whether it is there and a file. */
export function expandPattern(files: HostFiles, pattern: PathPattern, found: (path: string) => void): void {
  const stat = new Float64Array(6);
  const walk = (base: string, at: number, depth: number): void => {
    const part = pattern.parts[at];
    const last = at === pattern.parts.length - 1;
    const join = (name: string): string => (at === 0 ? name : `${base}/${name}`);
    if (part === undefined) return;
    if (typeof part === 'string') {
      if (last) found(join(part));
      else walk(join(part), at + 1, depth);
      return;
    }
    const names = files.readdir(at === 0 ? '.' : base === '' ? '/' : base);
    if (typeof names === 'number') return;
    if (part === null) {
      walk(base, at + 1, depth);
      if (depth >= DEEPEST) return;
      for (const name of names.sort()) {
        if (name.startsWith('.')) continue;
        const path = join(name);
        if (typeof files.readlink(path) === 'string') continue;
        if (files.stat(path, stat) >= 0 && stat[5] === 2) walk(path, at, depth + 1);
      }
      return;
    }
    for (const name of names.sort()) {
      if (!part.test(name)) continue;
      if (last) found(join(name));
      else walk(join(name), at + 1, depth);
    }
  };
  walk('', 0, 0);
}
