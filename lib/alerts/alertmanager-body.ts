import type { ToldAlert } from './webhook-body.ts';

/** What Alertmanager is told of an alert. */
export type SentAlert = Pick<
  ToldAlert,
  'status' | 'labels' | 'annotations' | 'activeAt' | 'resolvedAt' | 'generatorUrl'
>;

const iso = (ms: number) => new Date(ms).toISOString();

/** The body of POST /api/v2/alerts. @param until when a firing alert is over unless it is sent again, ms since the epoch */
export function alertmanagerBody(alerts: readonly SentAlert[], until: number): object[] {
  return alerts.map(({ status, labels, annotations, activeAt, resolvedAt, generatorUrl }) => ({
    labels,
    annotations,
    startsAt: iso(activeAt),
    endsAt: iso(status === 'resolved' ? resolvedAt! : until),
    ...(generatorUrl ? { generatorURL: generatorUrl } : {}),
  }));
}
