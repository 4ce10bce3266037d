import type { VNode } from 'preact';
import { ask } from '../api.ts';
import { h } from '../element.ts';
import { formatAgo, formatCount, formatValue } from '../format.ts';
import { Loading, Message, Trouble } from '../parts/message.ts';
import { table } from '../parts/table.ts';
import { useAsk } from '../use-ask.ts';

const REFRESH_MS = 5_000;

interface Receiver {
  readonly name: string;
  readonly kind: string;
  readonly state: string;
  readonly lastSuccess: string | null;
  readonly lastError: { readonly at: string; readonly message: string } | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly waiting?: number;
}

interface Lease {
  readonly kind: string;
  readonly name: string;
  readonly held: boolean;
  readonly owner: string | null;
}

/** Alerts of one source in /api/v1/alerts/latency, and of all but the canary's; times in seconds. */
interface Took {
  readonly source: string;
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
}

const WHO: Readonly<Record<string, string>> = { all: 'all but the canary', own: 'the core itself' };

/** Who is told, whether that works, and how long it takes from what happened. */
export function Receivers(_: object | null): VNode {
  const { data, error } = useAsk(
    'receivers',
    (signal) => ask<{ receivers: Receiver[]; lease: Lease }>('/api/v1/alerts/receivers', {}, signal),
    REFRESH_MS,
  );
  const took = useAsk(
    'latency',
    (signal) => ask<{ figures: Took[] }>('/api/v1/alerts/latency', {}, signal),
    REFRESH_MS,
  );
  if (!data) return error ? h(Trouble, { error }) : h(Loading, { what: 'the receivers' });
  const { receivers, lease } = data;
  const now = Date.now();
  return h(
    'div',
    null,
    error ? h(Trouble, { error }) : null,
    lease.kind !== 'none' && !lease.held
      ? h(
          'p',
          'unsure',
          `${lease.owner ?? 'Another core'} has the lease ${lease.name} and notifies; this core stands by.`,
        )
      : null,
    receivers.length === 0
      ? h(Message, { title: 'Nobody is told', text: 'The configuration names no receiver: docs/notifications.md.' })
      : table(
          'Receivers',
          ['Receiver', 'Kind', 'State', 'Last taken', 'Sent', 'Failed', 'Waiting', 'Last trouble'],
          receivers.map((one) => [
            h('strong', null, one.name),
            one.kind,
            h('span', one.state === 'failing' ? 'bad' : 'good', one.state),
            h('span', 'once', formatAgo(one.lastSuccess === null ? null : Date.parse(one.lastSuccess), now)),
            formatCount(one.counts.sent ?? 0),
            formatCount(failures(one.counts)),
            formatCount(one.waiting ?? 0),
            one.lastError ? `${formatAgo(Date.parse(one.lastError.at), now)}: ${one.lastError.message}` : '',
          ]),
          [4, 5, 6],
        ),
    h('h2', null, 'From what happened to the notification'),
    took.data
      ? h(Latency, took.data)
      : took.error
        ? h(Trouble, { error: took.error })
        : h(Loading, { what: 'the times' }),
  );
}

function failures(counts: Readonly<Record<string, number>>): number {
  return Object.entries(counts).reduce((sum, [fate, count]) => (fate === 'sent' ? sum : sum + count), 0);
}

function Latency({ figures }: { readonly figures: readonly Took[] }): VNode {
  const told = figures.filter(({ count }) => count > 0);
  if (told.length === 0) return h('p', 'nothing', 'No notification was measured in the last day.');
  return table(
    'How long notifications took',
    ['Who found it', 'Notifications', 'Half are within', '99 of 100 within'],
    told.map(({ source, count, p50, p99 }) => [
      WHO[source] ?? source,
      formatCount(count),
      formatValue(p50, 'seconds'),
      formatValue(p99, 'seconds'),
    ]),
    [1, 2, 3],
  );
}
