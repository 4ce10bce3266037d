import type { Registry } from '../../../lib/metrics.ts';
import type { Lease } from '../lease/lease.ts';
import type { AlertmanagerFeed } from './alertmanager-feed.ts';
import type { Channel } from './channel.ts';
import type { AlertSilences } from './silences.ts';

/** What notifications say of themselves on /metrics. */
export function notifyMetrics(
  registry: Registry,
  parts: {
    readonly outlets: readonly (Channel | AlertmanagerFeed)[];
    readonly silences: AlertSilences;
    readonly lease: Lease;
  },
): void {
  const { outlets, silences, lease } = parts;
  registry
    .gauge('heliograph_core_notifications_waiting_alerts', 'Alerts that a receiver should hear of and has not')
    .collect(() => outlets.map((one) => [{ receiver: one.fates.receiver }, one.waiting] as const));
  registry
    .gauge('heliograph_core_notifications_failing', 'Whether the last notification to a receiver failed')
    .collect(() => outlets.map(({ fates }) => [{ receiver: fates.receiver }, fates.failing ? 1 : 0] as const));
  registry.gauge('heliograph_core_alerts_silences', 'Silences in force').collect(() => [[{}, silences.active]]);
  registry
    .gauge('heliograph_core_notifications_lease_held', 'Whether this core is the one that notifies')
    .collect(() => [[{ name: lease.name }, lease.held === null ? 0 : 1]]);
}
