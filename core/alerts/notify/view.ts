import type { Lease } from '../lease/lease.ts';
import type { AlertmanagerFeed } from './alertmanager-feed.ts';
import type { Channel } from './channel.ts';
import type { Fate } from './fates.ts';

/** One receiver, as people see it. */
export interface ReceiverView {
  readonly name: string;
  readonly kind: 'webhook' | 'mail' | 'command' | 'alertmanager';
  /** `sending`: something is under way. `failing`: the last one was not taken, and it is tried again. */
  readonly state: 'idle' | 'sending' | 'failing';
  /** RFC 3339. */
  readonly lastSuccess: string | null;
  readonly lastError: { readonly at: string; readonly message: string } | null;
  /** Since the start. */
  readonly counts: Readonly<Record<Fate, number>>;
  /** Alerts that it should hear of and has not. */
  readonly waiting: number;
}

export interface ReceiversView {
  readonly receivers: readonly ReceiverView[];
  /** Who of several cores notifies; kind `none`: this is the only one. */
  readonly lease: {
    readonly kind: Lease['kind'];
    readonly name: string;
    readonly held: boolean;
    readonly generation: number | null;
    readonly owner: string | null;
  };
}

const iso = (ms: number) => new Date(ms).toISOString();

export function receiversView(
  channels: readonly Channel[],
  feeds: readonly AlertmanagerFeed[],
  { kind, name, held, owner }: Lease,
): ReceiversView {
  const view = (of: Channel | AlertmanagerFeed, ofKind: ReceiverView['kind']): ReceiverView => {
    const { receiver, counts, lastSuccess, lastError, failing } = of.fates;
    return {
      name: receiver,
      kind: ofKind,
      state: failing ? 'failing' : of.busy ? 'sending' : 'idle',
      lastSuccess: lastSuccess === null ? null : iso(lastSuccess),
      lastError: lastError && { at: iso(lastError.at), message: lastError.message },
      counts: { ...counts },
      waiting: of.waiting,
    };
  };
  return {
    receivers: [
      ...channels.map((channel) => view(channel, channel.receiver.kind)),
      ...feeds.map((feed) => view(feed, feed.kind)),
    ],
    lease: { kind, name, held: held !== null, generation: held, owner },
  };
}
