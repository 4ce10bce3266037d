import type { ToldAlert } from './webhook-body.ts';

/** What Alertmanager is told of an alert. */
export type SentAlert = Pick<
  ToldAlert,
  'status' | 'labels' | 'annotations' | 'activeAt' | 'resolvedAt' | 'generatorUrl'
>;

const iso = (ms: number) => new Date(ms).toISOString();

/**
 * The body of POST /api/v2/alerts. An alert that is younger than the clock, which was set back since, begins and ends now: an Alertmanager refuses
 * what ends before it begins, and takes an end to come for no end.
 * @param now ms since the epoch @param goodForMs how long a firing alert fires on unless it is sent again
 */
export function alertmanagerBody(alerts: readonly SentAlert[], now: number, goodForMs: number): object[] {
  return alerts.map(({ status, labels, annotations, activeAt, resolvedAt, generatorUrl }) => {
    const end = status === 'resolved' ? Math.min(resolvedAt!, now) : now + goodForMs;
    return {
      labels,
      annotations,
      startsAt: iso(Math.min(activeAt, now, end)),
      endsAt: iso(end),
      ...(generatorUrl ? { generatorURL: generatorUrl } : {}),
    };
  });
}
