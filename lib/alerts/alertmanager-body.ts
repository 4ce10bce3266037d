import type { ToldAlert } from './webhook-body.ts';

/** What Alertmanager is told of an alert. */
export interface SentAlert
  extends Pick<ToldAlert, 'status' | 'labels' | 'annotations' | 'activeAt' | 'resolvedAt' | 'generatorUrl'> {
  /** ms since the epoch; null: it is not known. */
  readonly firedAt: number | null;
  /** How long it fires on unless it is sent again, ms. */
  readonly goodForMs: number;
}

const iso = (ms: number) => new Date(ms).toISOString();

/**
 * The body of POST /api/v2/alerts, as Prometheus fills it: an alert starts when it fires, not when it begins to pend. One that is younger than the clock,
 * which was set back since, begins and ends now: an Alertmanager refuses what ends before it begins, and takes an end to come for no end.
 * @param now ms since the epoch
 */
export function alertmanagerBody(alerts: readonly SentAlert[], now: number): object[] {
  return alerts.map(({ status, labels, annotations, activeAt, firedAt, resolvedAt, goodForMs, generatorUrl }) => {
    const end = status === 'resolved' ? Math.min(resolvedAt!, now) : now + goodForMs;
    return {
      labels,
      annotations,
      startsAt: iso(Math.min(firedAt ?? activeAt, now, end)),
      endsAt: iso(end),
      ...(generatorUrl ? { generatorURL: generatorUrl } : {}),
    };
  });
}
