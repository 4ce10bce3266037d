/** A time as no alert has one: Alertmanager's own sign of "not over". */
const NOT_OVER = '0001-01-01T00:00:00Z';

const iso = (ms: number) => new Date(ms).toISOString();

/** One alert as it is told. Times are ms since the epoch. */
export interface ToldAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly activeAt: number;
  readonly resolvedAt: number | null;
  readonly fingerprint: string;
  /** One from its begin to its end, whoever tells of it: alert-key.ts. */
  readonly key: string;
  /** As Prometheus prints it; not in Alertmanager's form. */
  readonly value?: string;
  readonly generatorUrl?: string;
}

/** What is said of the alerts together. */
export interface ToldGroup {
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly externalUrl: string;
  readonly alerts: readonly ToldAlert[];
  /** How many alerts of the group are left out. */
  readonly truncated: number;
}

/** A webhook's body in the form of Alertmanager's version 4 (prometheus.io/docs/alerting/latest/configuration/#webhook_config); each alert has a `key` besides. */
export function webhookBody({ receiver, groupKey, groupLabels, externalUrl, alerts, truncated }: ToldGroup) {
  return {
    version: '4',
    groupKey,
    truncatedAlerts: truncated,
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    receiver,
    groupLabels,
    commonLabels: shared(alerts.map((alert) => alert.labels)),
    commonAnnotations: shared(alerts.map((alert) => alert.annotations)),
    externalURL: externalUrl,
    alerts: alerts.map((alert) => ({
      status: alert.status,
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: iso(alert.activeAt),
      endsAt: alert.status === 'resolved' ? iso(alert.resolvedAt!) : NOT_OVER,
      generatorURL: alert.generatorUrl ?? '',
      fingerprint: alert.fingerprint,
      key: alert.key,
      ...(alert.value === undefined ? {} : { value: alert.value }),
    })),
  };
}

/** What all of some maps have alike. */
export function shared(maps: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...others] = maps;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)),
  );
}
