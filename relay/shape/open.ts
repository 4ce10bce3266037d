import type { Logger } from '../../lib/log.ts';
import type { Registry } from '../../lib/metrics.ts';
import type { RelabelKind } from '../../lib/relabel/rule.ts';
import type { DataClass } from '../../proto/class.ts';
import type { RelayConfig } from '../config.ts';
import { DecodedDefinitions } from '../decoded-definitions.ts';
import type { DefinitionStore } from '../definitions.ts';
import type { Rollups } from '../rollup/open.ts';
import { LogStage } from './log-stage.ts';
import { MetricStage } from './metric-stage.ts';
import type { NamedJudge } from './page-plan.ts';
import { RelabelJudge } from './relabel-judge.ts';
import { RelabelRules } from './relabel-rules.ts';
import type { RelabelSetting } from './relabel-setting.ts';
import type { FrameStage } from './stage.ts';

/** What changes frames on their way to the core, while the relay is up. */
export interface Shaping {
  stageOf(name: DataClass): FrameStage | null;
  /** Whether some series went on as another than it came, or not at all, since the rules are as they are. */
  changed(): boolean;
  /** In words, what is not as the configuration wants it. */
  troubles(): string[];
  /** Looks whether rules changed. Called now and then. */
  sweep(): void;
}

/**
 * Puts together what changes frames: roll-ups that take their inputs out, then the rules of `relabel`, then other judges.
 * @throws HeliographError HG_CONFIG_* for rules that are not good at the start
 */
export function openShaping(options: {
  readonly config: RelayConfig;
  readonly store: DefinitionStore;
  readonly rollups: Rollups | null;
  /** Asked after the rules, in this order. */
  readonly judges?: readonly NamedJudge[];
  readonly log: Logger;
  readonly metrics: Registry;
}): Shaping {
  const { config, store, rollups, judges = [], log, metrics } = options;
  const open = (kind: RelabelKind, setting: RelabelSetting | undefined) =>
    new RelabelRules(kind, setting, log, metrics);
  const series = open('metrics', config.relabel);
  const lines = open('logs', config.relabelLogs);
  const rules = new RelabelJudge(series.first);
  const logs = config.relabelLogs ? new LogStage(lines.first, config.name, metrics) : null;
  const errors = metrics.counter(
    'heliograph_relay_shape_errors_total',
    'Series that something could not be decided about, by who could not; they went on as they were.',
  );
  /** The last error of each, since its rules were set. */
  const failed = new Map<string, string>();
  const stage = new MetricStage({
    relay: config.name,
    site: config.site,
    store,
    definitions: rollups?.definitions ?? new DecodedDefinitions(store),
    inputs: rollups?.inputs ?? null,
    judges: [{ name: 'relabel', judge: rules }, ...judges],
    onError: (judge, error) => {
      errors.inc({ judge });
      // Once: there may be as many as there are series.
      if (!failed.has(judge))
        log.error('a series cannot be decided about; it goes on as it is', { judge, error: String(error) });
      failed.set(judge, String(error));
    },
    metrics,
  });
  return {
    changed: () => stage.changed,
    stageOf: (name) => (name === 'metric' ? stage : name === 'alert' ? null : logs),
    troubles: () => [
      ...[series, lines].flatMap(({ trouble }) => trouble ?? []),
      ...[...failed].map(([judge, error]) => `${judge} failed for some series, which go on as they are: ${error}`),
    ],
    sweep: () => {
      const changed = series.changed();
      if (changed) {
        failed.delete('relabel');
        rules.setRules(changed);
      }
      const changedLines = lines.changed();
      if (changedLines) logs?.setRules(changedLines);
    },
  };
}
