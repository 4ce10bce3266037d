import { HeliographError } from '../../../lib/errors.ts';
import type { OwnSample } from '../../own-samples.ts';
import { seriesOf } from './alert-series.ts';
import type { RecordingRule, RuleGroup } from './file.ts';
import type { RuleSample } from './rule-query.ts';

/**
 * The samples of a recording rule at `time`, ms since the epoch.
 * @throws HeliographError HG_RULE_TWICE where two would be of one series
 */
export function recordedSamples(
  rule: RecordingRule,
  group: RuleGroup,
  result: readonly RuleSample[],
  time: number,
): OwnSample[] {
  const added = { ...group.labels, ...rule.labels };
  const seen = new Set<string>();
  return result.map(({ labels, value }) => {
    const series = seriesOf(rule.record, { ...labels, ...added });
    const key = JSON.stringify(series);
    if (seen.has(key)) {
      throw new HeliographError(
        'HG_RULE_TWICE',
        `${rule.record}: ${JSON.stringify(Object.fromEntries(series.labels))}`,
      );
    }
    seen.add(key);
    return { series, time, value };
  });
}
