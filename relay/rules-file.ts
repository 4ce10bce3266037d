import type { Logger } from '../lib/log.ts';
import type { Registry } from '../lib/metrics.ts';
import { changeDetector } from './file-watch.ts';

/** A file of rules, read again when it changes. Where it cannot be used any more, the rules before stay, and it says so. */
export class RulesFile<Rule> {
  readonly #what: string;
  readonly #file: string;
  readonly #read: (file: string) => Rule[];
  readonly #log: Logger;
  readonly #changed: () => boolean;
  /** In words, why the file cannot be used any more; null: it can. */
  trouble: string | null = null;

  /**
   * @param options.what the rules are called in the log, such as `roll-up rules`
   * @param options.metric a gauge that is 1 while the file cannot be used
   * @param options.read throws HeliographError HG_CONFIG_*
   */
  constructor(options: {
    readonly what: string;
    readonly file: string;
    readonly read: (file: string) => Rule[];
    readonly metric: string;
    readonly log: Logger;
    readonly metrics: Registry;
  }) {
    const { what, file, read, metric, log, metrics } = options;
    this.#what = what;
    this.#file = file;
    this.#read = read;
    this.#log = log;
    this.#changed = changeDetector([file]);
    metrics
      .gauge(metric, '1 while the file of rules cannot be used; the rules before stay.')
      .collect(() => [[{}, this.trouble === null ? 0 : 1]]);
  }

  /** @throws HeliographError HG_CONFIG_* */
  load(): Rule[] {
    return this.#read(this.#file);
  }

  /** The rules, if the file changed since it was looked at last and is good. */
  changed(): Rule[] | null {
    if (!this.#changed()) return null;
    try {
      const rules = this.load();
      this.trouble = null;
      this.#log.info(`${this.#what} read again`, { file: this.#file, rules: rules.length });
      return rules;
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
      this.#log.error(`${this.#what} changed but cannot be used; the ones before stay`, {
        file: this.#file,
        error: String(error),
      });
      return null;
    }
  }
}
