import { RulesFile } from '../../lib/config/rules-file.ts';
import type { Logger } from '../../lib/log.ts';
import type { Registry } from '../../lib/metrics.ts';
import type { RelayConfig } from '../config.ts';
import { type AlertingRule, loadAlertingRules } from './rules.ts';

/** The file that `rules` names, followed. */
export function alertingRulesFile(config: RelayConfig, log: Logger, metrics: Registry): RulesFile<AlertingRule[]> {
  return new RulesFile({
    file: config.rules!.file,
    read: loadAlertingRules,
    what: 'alerting rules',
    metric: 'heliograph_relay_rules_refused',
    log,
    metrics,
  });
}
