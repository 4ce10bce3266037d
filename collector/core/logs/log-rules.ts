import type { LogLevel } from '../../../proto/desired.ts';
import type { FileFormat } from '../tail/file-format.ts';
import { compilePattern, type PathPattern } from '../tail/glob.ts';
import { namesBeforeRotation } from '../tail/rotated-name.ts';
import { serviceOfPath } from '../tail/service-name.ts';

/** One entry of the configuration's `logs`. */
export interface LogRule {
  readonly paths: readonly string[];
  /** The service of its lines; where it is missing the file's name says it. */
  readonly service?: string | undefined;
  /** The lowest level sent where no desired configuration says otherwise. */
  readonly level: LogLevel;
  /** How the bytes of its files become records; missing: each line is one. */
  readonly format?: FileFormat | null | undefined;
}

/** Which rule a file is followed by. A rotated file (`.1`, `-20260101`, `.1.gz`) belongs to the rule of the name it had. */
export class LogRules {
  readonly #rules: { readonly rule: LogRule; readonly patterns: PathPattern[] }[];

  constructor(rules: readonly LogRule[]) {
    this.#rules = rules.map((rule) => ({ rule, patterns: rule.paths.map(compilePattern) }));
  }

  /** Service and level of the lines of a file; `named`: the service was configured. */
  of(path: string): { service: string; level: LogLevel; named: boolean } {
    const found = this.#ruleOf(path);
    const service = found?.service;
    return {
      service: service ?? serviceOfPath(path),
      level: found?.level ?? 'info',
      named: service !== undefined,
    };
  }

  /** Null: each line of the file is a record. */
  formatOf(path: string): FileFormat | null {
    return this.#ruleOf(path)?.format ?? null;
  }

  #ruleOf(path: string): LogRule | undefined {
    for (const name of [path, ...namesBeforeRotation(path)]) {
      const found = this.#rules.find(({ patterns }) => patterns.some((pattern) => matches(pattern, name)));
      if (found !== undefined) return found.rule;
    }
    return undefined;
  }
}

function matches(pattern: PathPattern, path: string): boolean {
  return matchParts(pattern.parts, 0, path.split('/'), 0);
}

function matchParts(parts: PathPattern['parts'], at: number, names: readonly string[], from: number): boolean {
  if (at === parts.length) return from === names.length;
  const part = parts[at]!;
  if (part === null) {
    for (let i = from; i <= names.length; i++) if (matchParts(parts, at + 1, names, i)) return true;
    return false;
  }
  const name = names[from];
  if (name === undefined) return false;
  return (typeof part === 'string' ? part === name : part.test(name)) && matchParts(parts, at + 1, names, from + 1);
}
