import type { LogLine } from '../../../proto/log-line.ts';
import type { CompiledRule } from './rule.ts';

/** Choices kept, by service, file and host. */
const MOST_KEPT = 10_000;
/** A path comes from outside and may be of any length. */
const LONGEST_KEY = 1_024;

/** Which rule a line is parsed by: the first that matches. */
export class RuleChoice {
  readonly #rules: readonly CompiledRule[];
  readonly #chosen = new Map<string, CompiledRule | null>();
  #last: { service: string; file: string; host: string; rule: CompiledRule | null } | null = null;

  constructor(rules: readonly CompiledRule[]) {
    this.#rules = rules;
  }

  of(line: LogLine, host: string): CompiledRule | null {
    if (this.#rules.length === 0) return null;
    const { service } = line;
    const file = line.fields['log.file.path'] ?? '';
    const last = this.#last;
    // Lines that come together are mostly of one file.
    if (last !== null && last.service === service && last.file === file && last.host === host) return last.rule;
    const rule = this.#choose(service, file, host);
    this.#last = { service, file, host, rule };
    return rule;
  }

  #choose(service: string, file: string, host: string): CompiledRule | null {
    const key = `${service}\0${file}\0${host}`;
    const known = this.#chosen.get(key);
    if (known !== undefined) return known;
    const rule = this.#rules.find(({ matches }) => matches(service, file, host)) ?? null;
    if (this.#chosen.size >= MOST_KEPT) this.#chosen.clear();
    if (key.length <= LONGEST_KEY) this.#chosen.set(key, rule);
    return rule;
  }
}
