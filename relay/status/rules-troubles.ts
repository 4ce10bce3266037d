import type { RulesState } from './contract.ts';

/** What somebody has to do something about, of the alerting rules. That an alert fires is no trouble of the relay. */
export function rulesTroubles({ trouble, rules, receivers, refusedSamples }: RulesState): string[] {
  const troubles: string[] = [];
  if (trouble !== null) troubles.push(`the alerting rules cannot be used, those before stay: ${trouble}`);
  for (const one of rules) {
    if (one.trouble !== null) troubles.push(`the rule ${one.group}/${one.alert} fails: ${one.trouble}`);
  }
  for (const one of receivers) {
    if (one.trouble !== null) troubles.push(`${one.url} takes no notifications: ${one.trouble}`);
  }
  if (refusedSamples > 0) troubles.push(`rules do not see ${refusedSamples} samples: raise rules.maxSeries`);
  return troubles;
}
