import type { Held } from '../alert.ts';
import type { HostsConfig } from './config.ts';
import type { SilentHost } from './standing.ts';

/** Names in a summary and in an annotation. */
const FEW = 5;
const SOME = 50;

type Labels = Pick<HostsConfig, 'labels'>;

/** The alert of one silent host. */
export function hostAlert({ host, relay, site, since, why }: SilentHost, { labels }: Labels): Held {
  const at = since === null ? null : new Date(since).toISOString();
  const there = site === '' ? '' : ` in ${site}`;
  return {
    labels: { ...labels, alertname: 'HostSilent', host, instance: host, ...placeLabels(relay, site) },
    annotations: {
      summary: `${host}${there} is silent: ${why}`,
      description:
        at === null
          ? `Nothing was ever heard of ${host}: ${why}.`
          : `Nothing was heard of ${host} since ${at}${relay === '' ? '' : `, by ${relay}`}: ${why}.`,
      ...(at === null ? {} : { since: at }),
      why,
    },
    value: '1',
    eventAt: since,
  };
}

/** What a group of silent hosts is, for its alert. */
export interface GroupFacts {
  /** Empty: they have none. */
  readonly relay: string;
  readonly site: string;
  /** ISO 8601: tells two groups of one relay apart. */
  readonly since: string;
  /** Hosts that the relay has, silent or not. */
  readonly size: number;
  /** How many went in all. */
  readonly went: number;
  /** Those that are silent still. */
  readonly silent: readonly SilentHost[];
}

/** The one alert of many hosts that went silent together. */
export function groupAlert({ relay, site, since, size, went, silent }: GroupFacts, { labels }: Labels): Held {
  const names = silent.map(({ host }) => host).sort();
  const behind = relay === '' ? '' : ` behind ${relay}${site === '' ? '' : ` in ${site}`}`;
  const whys = new Map<string, number>();
  for (const { why } of silent) whys.set(why, (whys.get(why) ?? 0) + 1);
  const told = [...whys].sort((a, b) => b[1] - a[1]).slice(0, FEW);
  const first = silent.reduce<number | null>(
    (least, { since }) => (since === null ? least : Math.min(least ?? since, since)),
    null,
  );
  return {
    labels: {
      ...labels,
      alertname: relay === '' ? 'HostsSilent' : 'RelayHostsSilent',
      ...placeLabels(relay, site),
      since,
    },
    annotations: {
      summary: `${names.length} hosts${behind} are silent together: ${listOf(names, FEW)}`,
      description: `${went}${size > 0 ? ` of the ${size}` : ''} hosts${behind} went silent together from ${since} on; ${names.length} are silent still. ${told.map(([why, count]) => `${count}: ${why}`).join('; ')}.`,
      hosts: listOf(names, SOME),
      since,
    },
    value: String(names.length),
    eventAt: first,
  };
}

/** The alert that says how many hosts have none of their own for want of room. */
export function overflowAlert(beyond: ReadonlyMap<string, unknown>, { labels, most }: Labels & { most: number }): Held {
  const names = [...beyond.keys()].sort();
  return {
    labels: { ...labels, alertname: 'ManyHostsSilent' },
    annotations: {
      summary: `${names.length} more hosts are silent than the ${most} that have an alert each: ${listOf(names, FEW)}`,
      description: `alerts.hosts.most bounds the alerts of single hosts. The API has all of them: GET /api/v1/alerts/hosts.`,
      hosts: listOf(names, SOME),
    },
    value: String(names.length),
    eventAt: null,
  };
}

function placeLabels(relay: string, site: string): Record<string, string> {
  return { ...(relay === '' ? {} : { relay }), ...(site === '' ? {} : { site }) };
}

function listOf(names: readonly string[], most: number): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
