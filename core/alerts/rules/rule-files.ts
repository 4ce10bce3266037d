import { statSync } from 'node:fs';
import type { Logger } from '../../../lib/log.ts';
import type { RuleGroup } from './file.ts';
import { rulePaths } from './rule-paths.ts';

interface KnownFile {
  /** Time, size and inode, as it was read last. */
  seen: string;
  groups: readonly RuleGroup[];
  /** Why it cannot be used as it is now; null: it can. */
  trouble: string | null;
}

/** The files of rules, followed. One that is not good any more keeps the rules it had, and says so; the others go on. */
export class RuleFiles {
  readonly #entries: readonly string[];
  readonly #load: (path: string) => RuleGroup[];
  readonly #log: Logger;
  readonly #known = new Map<string, KnownFile>();
  /** Of folders and files that cannot be looked at. */
  #missing: ReadonlyMap<string, string> = new Map();

  /** @param load throws HeliographError HG_CONFIG_* for a file that is not good */
  constructor(entries: readonly string[], load: (path: string) => RuleGroup[], log: Logger) {
    this.#entries = entries;
    this.#load = load;
    this.#log = log;
  }

  get groups(): RuleGroup[] {
    return [...this.#known.values()].flatMap(({ groups }) => groups);
  }

  /** Files that cannot be used as they are, and folders that cannot be read, with the reason; the rules before stay. */
  get trouble(): Map<string, string> {
    const out = new Map(this.#missing);
    for (const [file, { trouble }] of this.#known) if (trouble !== null) out.set(file, trouble);
    return out;
  }

  /** Looks at all of them. True: there are other rules now. */
  look(): boolean {
    const { files, trouble } = rulePaths(this.#entries);
    for (const [entry, why] of trouble) {
      if (this.#missing.get(entry) !== why) this.#say(entry, why);
    }
    this.#missing = trouble;
    let changed = false;
    const there = new Set(files);
    for (const file of this.#known.keys()) {
      // Where a folder cannot be read nobody knows what is in it.
      if (there.has(file) || trouble.size > 0) continue;
      this.#known.delete(file);
      this.#log.info('a file of rules is gone, and its rules with it', { file });
      changed = true;
    }
    for (const file of files) if (this.#read(file)) changed = true;
    return changed;
  }

  #read(file: string): boolean {
    const before = this.#known.get(file);
    const seen = fingerprint(file);
    if (before?.seen === seen) return false;
    try {
      const groups = this.#load(file);
      this.#known.set(file, { seen, groups, trouble: null });
      const rules = groups.reduce((sum, group) => sum + group.rules.length, 0);
      this.#log.info('a file of rules was read', { file, groups: groups.length, rules });
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#known.set(file, { seen, groups: before?.groups ?? [], trouble: why });
      this.#say(file, why);
      return before === undefined;
    }
  }

  #say(file: string, why: string): void {
    this.#log.error('a file of rules cannot be used; the rules it had stay, and the other files go on', {
      file,
      'error.message': why,
    });
  }
}

function fingerprint(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs}:${stat.size}:${stat.ino}` : '-';
}
