import type { Host } from '../host.ts';
import { key } from './followed.ts';
import { compilePattern, expandPattern, type PathPattern } from './glob.ts';

const COMPRESSED = /\.(gz|xz|zst|bz2|zip)$/;

/** The regular files that patterns match and others do not exclude. */
export class MatchingFiles {
  readonly #files: Host['files'];
  readonly #patterns: PathPattern[];
  readonly #exclude: PathPattern[];
  readonly #stat = new Float64Array(6);
  #excluded: ReadonlySet<string> = new Set();

  /** `patterns` and `exclude` as glob.ts has them. */
  constructor(files: Host['files'], patterns: readonly string[], exclude: readonly string[]) {
    this.#files = files;
    this.#patterns = patterns.map(compilePattern);
    this.#exclude = exclude.map(compilePattern);
  }

  /** What was excluded when it was looked last. */
  get excluded(): ReadonlySet<string> {
    return this.#excluded;
  }

  /** Device and inode (`key`) of what matches now, with the first name it was found under. */
  find(): Map<string, string> {
    const found = new Map<string, string>();
    const excluded = new Set<string>();
    for (const pattern of this.#exclude) expandPattern(this.#files, pattern, (path) => excluded.add(path));
    this.#excluded = excluded;
    const stat = this.#stat;
    for (const pattern of this.#patterns) {
      expandPattern(this.#files, pattern, (path) => {
        if (COMPRESSED.test(path) || excluded.has(path)) return;
        if (this.#files.stat(path, stat) < 0 || stat[5] !== 1) return;
        const id = key(stat[4]!, stat[3]!);
        if (!found.has(id)) found.set(id, path);
      });
    }
    return found;
  }
}
