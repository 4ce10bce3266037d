import { changeDetector } from '../file-watch.ts';
import type { Logger } from '../log.ts';
import type { Registry } from '../metrics.ts';

/** A file of rules, read again when it changes. Where it cannot be used any more, the rules before stay, and it says so. */
export class RulesFile<Rules extends { readonly length: number }> {
  readonly #file: string;
  readonly #read: (file: string) => Rules;
  readonly #what: string;
  readonly #log: Logger;
  readonly #changed: () => boolean;
  /** In words, why the file cannot be used any more; null: it can. */
  trouble: string | null = null;

  /** @param options `metric`: the gauge that is 1 while the file cannot be used; `what`: the rules, in words */
  constructor(options: {
    readonly file: string;
    readonly read: (file: string) => Rules;
    readonly what: string;
    readonly metric: string;
    readonly log: Logger;
    readonly metrics: Registry;
  }) {
    this.#file = options.file;
    this.#read = options.read;
    this.#what = options.what;
    this.#log = options.log;
    this.#changed = changeDetector([options.file]);
    options.metrics
      .gauge(options.metric, '1 while the file of rules cannot be used; the rules before stay.')
      .collect(() => [[{}, this.trouble === null ? 0 : 1]]);
  }

  /** @throws HeliographError HG_CONFIG_* */
  load(): Rules {
    return this.#read(this.#file);
  }

  /** The rules, if the file changed since it was looked at last and is good. */
  changed(): Rules | null {
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
