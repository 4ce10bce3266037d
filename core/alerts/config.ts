import { z } from 'zod';
import { tiersConfig } from '../watch/tiers-config.ts';
import { leaseConfig } from './lease/config.ts';
import { notifyConfig } from './notify/config.ts';
import { alertRulesConfig } from './rules/config.ts';

/** Who is told of what: rules, who must be heard, and whom to notify. */
export const alertsConfig = z.strictObject({
  /** Alerts that pend, fire or were just over, of all rules together; a rule that would have more fails, and says so. */
  maxAlerts: z.int().min(1).max(1_000_000).default(20_000),
  /** Cores and relays that must be heard here. */
  tiers: tiersConfig.prefault({}),
  /** Prometheus' alerting and recording rules. */
  rules: alertRulesConfig.prefault({}),
  /** Who is told, when, and how often. */
  notify: notifyConfig.prefault({}),
  /** Of several cores side by side one notifies. */
  lease: leaseConfig.optional(),
});

export type AlertsConfig = z.output<typeof alertsConfig>;
