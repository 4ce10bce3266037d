import { RulesFile } from '../../lib/config/rules-file.ts';
import type { Logger } from '../../lib/log.ts';
import type { Registry } from '../../lib/metrics.ts';
import type { RelabelKind, RelabelRule } from '../../lib/relabel/rule.ts';
import { loadRelabelRules, type RelabelSetting } from './relabel-setting.ts';

const NAMES = {
  metrics: { what: 'relabel rules', metric: 'heliograph_relay_relabel_rules_refused' },
  logs: { what: 'relabel rules for lines', metric: 'heliograph_relay_relabel_logs_rules_refused' },
} as const;

/** The rules of one kind, from the configuration or from the file that it names. */
export class RelabelRules {
  /** Those at the start. */
  readonly first: readonly RelabelRule[];
  readonly #file: RulesFile<RelabelRule[]> | null;
  readonly #what: string;

  /** @throws HeliographError HG_CONFIG_* for a file that is not good */
  constructor(kind: RelabelKind, setting: RelabelSetting | undefined, log: Logger, metrics: Registry) {
    const { what, metric } = NAMES[kind];
    this.#what = what;
    const apart = setting && 'file' in setting ? setting.file : null;
    const read = (name: string) => loadRelabelRules(name, kind);
    this.#file = apart === null ? null : new RulesFile({ what, file: apart, read, metric, log, metrics });
    this.first = this.#file?.load() ?? (setting && 'inline' in setting ? setting.inline : []);
  }

  /** The rules, if their file changed and is good. */
  changed(): readonly RelabelRule[] | null {
    return this.#file?.changed() ?? null;
  }

  /** In words, why the file cannot be used any more. */
  get trouble(): string | null {
    const why = this.#file?.trouble ?? null;
    return why === null ? null : `the ${this.#what} cannot be used, those before stay: ${why}`;
  }
}
