import { alertKey } from '../../../lib/alerts/alert-key.ts';
import type { Alert } from '../../alerts/alert.ts';
import type { AlertStanding } from '../../alerts/notify/notifier.ts';
import { numberOf } from '../../alerts/rules/evaluate-rule.ts';
import { formatExponent } from '../../promql/format.ts';
import { type AlertPlace, placeOf } from './alert-place.ts';

/** An alert as Prometheus' API has it, with what else is known of it. Times are RFC 3339. */
export interface AlertView {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: Alert['state'];
  readonly activeAt: string;
  /** With an exponent, as Prometheus has it; what is no number stands as it is. */
  readonly value: string;
  readonly keepFiringSince?: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly source: Alert['source'];
  readonly firedAt: string | null;
  readonly resolvedAt: string | null;
  readonly acknowledged: { readonly by: string; readonly at: string; readonly note: string } | null;
  /** Ids. */
  readonly silencedBy: readonly string[];
  /** Fingerprints. */
  readonly inhibitedBy: readonly string[];
  readonly place: AlertPlace;
  /** When somebody was told of it last. */
  readonly notifiedAt: string | null;
}

export const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms));

export function alertView(alert: Alert, standing: AlertStanding): AlertView {
  const { labels, annotations, state, activeAt, value, keptSince, fingerprint, source, firedAt } = alert;
  const { acknowledged, silencedBy, inhibitedBy, notifiedAt } = standing;
  return {
    ...{ labels, annotations, state, activeAt: iso(activeAt), value: withExponent(value) },
    ...(keptSince === null ? {} : { keepFiringSince: iso(keptSince) }),
    ...{
      key: alertKey(alert),
      fingerprint,
      source,
      firedAt: isoOrNull(firedAt),
      resolvedAt: isoOrNull(alert.resolvedAt),
    },
    acknowledged: acknowledged && { by: acknowledged.by, at: iso(acknowledged.at), note: acknowledged.note },
    ...{ silencedBy, inhibitedBy, place: placeOf(alert, standing), notifiedAt: isoOrNull(notifiedAt) },
  };
}

function withExponent(text: string): string {
  const value = numberOf(text);
  return text === '' || (Number.isNaN(value) && text !== 'NaN') ? text : formatExponent(value);
}
