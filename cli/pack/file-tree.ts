import { gzip } from './gzip.ts';

/** A file or folder of a package. Everything in a package belongs to root. */
export interface TreeFile {
  /** Below the root, without a slash before it. */
  readonly path: string;
  readonly mode: number;
  readonly data: Uint8Array;
}

/** All folders that hold files, the outer first. */
export function foldersOf(files: readonly TreeFile[]): string[] {
  const folders = new Set<string>();
  for (const { path } of files) {
    const parts = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) folders.add(parts.slice(0, depth).join('/'));
  }
  return [...folders].sort();
}

/** In the order of their paths: the same tree is always the same archive. */
export function sorted(files: readonly TreeFile[]): TreeFile[] {
  return files.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

export function textFile(path: string, text: string, mode = 0o644): TreeFile {
  return { path, mode, data: new TextEncoder().encode(text) };
}

export function gzippedFile(path: string, text: string): TreeFile {
  return { path, mode: 0o644, data: gzip(new TextEncoder().encode(text)) };
}
