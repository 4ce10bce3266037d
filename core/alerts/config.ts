import { z } from 'zod';
import { tiersConfig } from '../watch/tiers-config.ts';
import { canaryConfig } from './canary/config.ts';
import { hostsConfig } from './inventory/config.ts';
import { leaseConfig } from './lease/config.ts';
import { logAlertsConfig } from './logs/config.ts';
import { notifyConfig } from './notify/config.ts';
import { alertRulesConfig } from './rules/config.ts';

/** Who is told of what: rules, who must be heard, and whom to notify. */
export const alertsConfig = z.strictObject({
  /** Alerts that pend, fire or were just over, of all rules together; a rule that would have more fails, and says so. As many again of silent hosts, of relays, and of the core itself. */
  maxAlerts: z.int().min(1).max(1_000_000).default(20_000),
  /** Which hosts and relays must be heard. */
  hosts: hostsConfig.prefault({}),
  /** Rules over log lines. */
  logs: logAlertsConfig.prefault({}),
  /** A host whose alert fires every few minutes. */
  canary: canaryConfig.prefault({}),
  /** Cores and relays that must be heard here. */
  tiers: tiersConfig.prefault({}),
  /** Who is told, when, and how often. */
  notify: notifyConfig.prefault({}),
  /** Of several cores side by side one notifies. */
  lease: leaseConfig.optional(),
  /** Prometheus' alerting and recording rules. */
  rules: alertRulesConfig.prefault({}),
});

export type AlertsConfig = z.output<typeof alertsConfig>;
