import type { Logger } from '../../lib/log.ts';
import type { Registry } from '../../lib/metrics.ts';
import { changeDetector } from '../file-watch.ts';
import { loadRules, type RollupRule } from './rules.ts';

/** The file of rules, read again when it changes. Where it cannot be used any more, the rules before stay, and it says so. */
export class RulesFile {
  readonly #file: string;
  readonly #log: Logger;
  readonly #changed: () => boolean;
  /** In words, why the file cannot be used any more; null: it can. */
  trouble: string | null = null;

  constructor(file: string, log: Logger, metrics: Registry) {
    this.#file = file;
    this.#log = log;
    this.#changed = changeDetector([file]);
    metrics
      .gauge(
        'heliograph_relay_rollup_rules_refused',
        '1 while the file of rules cannot be used; the rules before stay.',
      )
      .collect(() => [[{}, this.trouble === null ? 0 : 1]]);
  }

  /** @throws HeliographError HG_CONFIG_* */
  load(): RollupRule[] {
    return loadRules(this.#file);
  }

  /** The rules, if the file changed since it was looked at last and is good. */
  changed(): RollupRule[] | null {
    if (!this.#changed()) return null;
    try {
      const rules = this.load();
      this.trouble = null;
      this.#log.info('roll-up rules read again', { file: this.#file, rules: rules.length });
      return rules;
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
      this.#log.error('roll-up rules changed but cannot be used; the ones before stay', {
        file: this.#file,
        error: String(error),
      });
      return null;
    }
  }
}
