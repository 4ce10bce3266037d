import { alertKey } from '../../lib/alerts/alert-key.ts';
import { fingerprintOf } from '../../lib/alerts/fingerprint.ts';
import type { Alert } from './alert.ts';

/** A time as no alert has one: Alertmanager's own sign of "not over". */
const NOT_OVER = '0001-01-01T00:00:00Z';

const iso = (ms: number) => new Date(ms).toISOString();

/** A webhook's body in the form of Alertmanager's version 4; each alert has a `key` besides, which is one from its begin to its end. */
export function webhookBody(relay: string, status: 'firing' | 'resolved', alerts: readonly Alert[]): object {
  const labels = alerts.map((alert) => alert.labels);
  const annotations = alerts.map((alert) => alert.annotations);
  const common = shared(labels);
  const groupLabels: Record<string, string> = common.alertname === undefined ? {} : { alertname: common.alertname };
  return {
    version: '4',
    groupKey: `{}:{${fingerprintOf(groupLabels)}}`,
    truncatedAlerts: 0,
    status,
    receiver: relay,
    groupLabels,
    commonLabels: common,
    commonAnnotations: shared(annotations),
    externalURL: '',
    alerts: alerts.map((alert) => ({
      status,
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: iso(alert.activeAt),
      endsAt: status === 'resolved' ? iso(alert.resolvedAt!) : NOT_OVER,
      generatorURL: '',
      fingerprint: alert.fingerprint,
      key: alertKey(alert),
    })),
  };
}

/** The body of POST /api/v2/alerts. @param until when a firing alert is over unless it is sent again, ms since the epoch */
export function alertmanagerBody(status: 'firing' | 'resolved', alerts: readonly Alert[], until: number): object[] {
  return alerts.map((alert) => ({
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: iso(alert.activeAt),
    endsAt: iso(status === 'resolved' ? alert.resolvedAt! : until),
  }));
}

/** What all of some maps have alike. */
function shared(maps: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...others] = maps;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)),
  );
}
