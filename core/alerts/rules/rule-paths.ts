import { globSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const PATTERN = /[*?[{]/;
const RULES = /\.ya?ml$/;

/** What `alerts.rules.files` comes to now. */
export interface RulePaths {
  /** Each once, in order. */
  readonly files: readonly string[];
  /** Entries that cannot be looked at, and why: what they named before may still be there. */
  readonly trouble: ReadonlyMap<string, string>;
}

/** Folders, files and patterns as files. A pattern that fits nothing is no trouble. */
export function rulePaths(entries: readonly string[]): RulePaths {
  const files = new Set<string>();
  const trouble = new Map<string, string>();
  for (const entry of entries) {
    try {
      for (const file of filesOf(entry)) files.add(file);
    } catch (error) {
      trouble.set(entry, (error as Error).message);
    }
  }
  return { files: [...files], trouble };
}

function filesOf(entry: string): string[] {
  if (PATTERN.test(entry)) return globSync(entry).sort();
  if (!statSync(entry).isDirectory()) return [entry];
  return readdirSync(entry, { withFileTypes: true })
    .filter((one) => RULES.test(one.name) && !one.isDirectory())
    .map((one) => join(entry, one.name))
    .sort();
}
