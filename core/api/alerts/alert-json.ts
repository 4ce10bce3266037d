import { alertKey } from '../../../lib/alerts/alert-key.ts';
import type { Alert } from '../../alerts/alert.ts';

/** An alert in Prometheus' form, and beside it what names it here. Times are RFC 3339. */
export function alertJson(alert: Alert) {
  const { labels, annotations, state, activeAt, keptSince, value, fingerprint, source, firedAt } = alert;
  return {
    labels,
    annotations,
    state: state === 'resolved' ? 'inactive' : state,
    activeAt: timeText(activeAt),
    ...(keptSince === null ? {} : { keepFiringSince: timeText(keptSince) }),
    value,
    key: alertKey(alert),
    fingerprint,
    source,
    firedAt: firedAt === null ? null : timeText(firedAt),
  };
}

/** ms since the epoch as RFC 3339. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
