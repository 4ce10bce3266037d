import { createHash } from 'node:crypto';
import { Backoff } from '../../../lib/alerts/backoff.ts';
import type { ToldAlert } from '../../../lib/alerts/webhook-body.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import { NOTIFICATION_SENT, type NotificationSent } from '../../traces.ts';
import type { Alert } from '../alert.ts';
import { type Fate, Fates } from './fates.ts';
import { chosen, type Due, dueOf, type PlannedGroup } from './plan.ts';
import type { Message, Receiver } from './receivers/receiver.ts';
import type { NotifyState } from './state/state.ts';
import type { Begun, SentItem, ToldBook } from './told.ts';

/** In one message. */
const MOST_ALERTS = 200;
const LONGEST_WAIT_MS = 30_000;
/** A receiver that refuses what a message says may be mended; other groups do not wait for it. */
const REFUSED_WAIT_MS = 60_000;

export interface ChannelParts {
  readonly receiver: Receiver;
  readonly told: ToldBook;
  readonly state: NotifyState;
  readonly externalUrl: string;
  /** The generation of the lease, if this core notifies now. Asked before each message. */
  readonly generation: () => Promise<number | null>;
  /** An alert by its fingerprint. */
  readonly find: (fingerprint: string) => Alert | undefined;
  /** Makes what is known of alerts durable, before somebody hears of it. */
  readonly commit: () => void;
  readonly onSent: (alert: Alert, receiver: string, status: 'firing' | 'resolved') => void;
  readonly onFate: (receiver: string, fate: Fate) => void;
  /** A message is over and done, so the next may go. */
  readonly onFree: () => void;
  readonly clock: Clock;
  /** ms since the epoch, without steps. */
  readonly steady: () => number;
  readonly random: () => number;
  readonly log: Logger;
}

/**
 * One receiver's messages, one at a time. A message is written down before it is sent and crossed out when it came, so that after a crash between the two it is sent again
 * as it was, under the same idempotency key.
 */
export class Channel {
  readonly receiver: Receiver;
  readonly fates: Fates;
  readonly #parts: ChannelParts;
  readonly #backoff: Backoff;
  /** Groups whose message was refused, until when they wait, ms that never step. */
  readonly #refused = new Map<string, number>();
  #busy: Promise<void> | null = null;
  /** The message that is under way. */
  #begun: Begun | undefined;
  #waiting = 0;
  /** Whether a message that was begun under another lease, or before a restart, is still to be looked at. */
  #resumes = true;

  constructor(parts: ChannelParts) {
    this.receiver = parts.receiver;
    this.#parts = parts;
    this.#backoff = new Backoff(parts.random, LONGEST_WAIT_MS);
    this.fates = new Fates(parts.receiver.name, parts.onFate);
  }

  /** Alerts that it should hear of and has not. */
  get waiting(): number {
    return this.#waiting;
  }

  get busy(): boolean {
    return this.#busy !== null;
  }

  /** Whether a message under way, or one begun before a crash, says that this alert fires. */
  tellsBegin(fingerprint: string): boolean {
    const begun = this.#begun ?? this.#parts.told.begun(this.receiver.name);
    return begun?.items.some((item) => item.fingerprint === fingerprint && item.status === 'firing') ?? false;
  }

  /** A lease was just taken: what its last holder began is finished first. */
  resume(): void {
    this.#resumes = true;
  }

  /**
   * Sends the message that is due the longest, if any.
   * @returns when it wants to be asked again, on the steady clock; infinity: when something changes
   */
  step(groups: Iterable<PlannedGroup>): number {
    const { clock, steady } = this.#parts;
    const now = steady();
    const mono = clock.mono();
    for (const [key, until] of this.#refused) if (until <= mono) this.#refused.delete(key);
    this.#waiting = 0;
    let first: { group: PlannedGroup; due: Due } | null = null;
    let next = Number.POSITIVE_INFINITY;
    for (const group of groups) {
      for (const { changedAt } of group.alerts) if (changedAt !== null) this.#waiting++;
      const due = dueOf(group, now);
      if (!due) continue;
      const refused = this.#refused.get(group.audience.groupKey);
      if (refused !== undefined) {
        next = Math.min(next, now + refused - mono);
        continue;
      }
      next = Math.min(next, due.at);
      if (due.at <= now && (!first || due.at < first.due.at)) first = { group, due };
    }
    if (this.#busy) return Number.POSITIVE_INFINITY;
    if (mono < this.#backoff.due) return now + this.#backoff.due - mono;
    const begun = this.#resumes ? this.#parts.told.begun(this.receiver.name) : undefined;
    this.#resumes = false;
    if (begun) this.#run(() => this.#sendAgain(begun));
    else if (first) {
      const { group, due } = first;
      this.#run(() => this.#sendGroup(group, due));
    }
    return next;
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    await this.#busy;
    await this.receiver.close();
  }

  #run(work: () => Promise<void>): void {
    this.#busy = work()
      .catch((error: unknown) => {
        // Of the state or the lease; the receiver's own are dealt with.
        this.#backoff.failed(this.#parts.clock.mono());
        this.fates.lastError = { at: this.#parts.clock.now(), message: String(error) };
        this.#parts.log.error('a notification could not be begun; trying again', {
          receiver: this.receiver.name,
          'error.message': String(error),
        });
      })
      .finally(() => {
        this.#busy = null;
        this.#begun = undefined;
        this.#parts.onFree();
      });
  }

  async #sendGroup(group: PlannedGroup, { changed }: Due): Promise<void> {
    const { told, steady } = this.#parts;
    const { name } = this.receiver;
    const planned = chosen(group, changed, MOST_ALERTS);
    const items = planned.map(({ alert, status }): SentItem => {
      const known = told.of(name, alert.fingerprint);
      return { fingerprint: alert.fingerprint, status, key: told.keyOf(known, alert) };
    });
    const last = Math.max(0, ...group.alerts.map(({ toldAt }) => toldAt ?? 0));
    const { groupKey, groupLabels } = group.audience;
    const begun: Begun = {
      // The same content after the same message before it is the same message.
      idempotencyKey: createHash('sha256')
        .update(JSON.stringify([name, groupKey, last, items.map(({ key, status }) => [key, status]).sort()]))
        .digest('hex')
        .slice(0, 32),
      groupKey,
      groupLabels,
      truncated: group.alerts.length - planned.length,
      items,
      at: steady(),
    };
    const alerts = new Map(planned.map(({ alert }) => [alert.fingerprint, alert]));
    await this.#deliver(begun, (fingerprint) => alerts.get(fingerprint));
  }

  /** What was begun before, as it was then. */
  async #sendAgain(begun: Begun): Promise<void> {
    const { find, log } = this.#parts;
    const items = begun.items.filter(({ fingerprint }) => find(fingerprint) !== undefined);
    log.info('a notification that was begun before is sent again, with the same idempotency key', {
      receiver: this.receiver.name,
      idempotency_key: begun.idempotencyKey,
      alerts: items.length,
    });
    await this.#deliver({ ...begun, items }, find);
  }

  async #deliver(begun: Begun, find: (fingerprint: string) => Alert | undefined): Promise<void> {
    const { told, state, externalUrl, generation, commit, onSent, clock, steady, log } = this.#parts;
    const { name } = this.receiver;
    this.#begun = begun;
    const turn = clock.now();
    const alerts = begun.items.map((item) => toldAlert(item, find(item.fingerprint)!));
    commit();
    const lease = await generation();
    if (lease === null) return;
    await this.#note([[`message/${name}`, begun]], lease);
    // The write took a while; what another core took over meanwhile is its to send.
    if (state.isShared && (await generation()) !== lease) return;
    const { idempotencyKey, groupKey, groupLabels, truncated, items } = begun;
    const message: Message = { receiver: name, idempotencyKey, groupKey, groupLabels, externalUrl, truncated, alerts };
    let error: unknown = null;
    if (items.length > 0) {
      try {
        await this.receiver.send(message);
      } catch (why) {
        error = why;
      }
    }
    if (error === null) {
      if (NOTIFICATION_SENT.hasSubscribers) this.#trace(begun, turn, find);
      await this.#note([...told.recordsOf(name, items, steady(), true), [`message/${name}`, null]], lease);
      this.#backoff.succeeded();
      this.fates.sent(clock.now());
      for (const { fingerprint, status } of items) {
        const alert = find(fingerprint);
        if (alert) onSent(alert, name, status);
      }
      return;
    }
    const fate = this.fates.failed(error, clock.now());
    if (fate === 'refused') this.#refused.set(groupKey, clock.mono() + REFUSED_WAIT_MS);
    else this.#backoff.failed(clock.mono());
    const tried = fate === 'unknown' ? told.recordsOf(name, items, steady(), false) : [];
    await this.#note([...tried, ...(fate === 'unknown' ? [] : [[`message/${name}`, null] as const])], lease);
    log.warn('a notification was not taken; trying again', {
      receiver: name,
      fate,
      alerts: items.length,
      failures: this.#backoff.failures,
      'error.message': (error as Error).message,
    });
  }

  #trace({ items }: Begun, begun: number, find: (fingerprint: string) => Alert | undefined): void {
    const alerts = items.flatMap(({ fingerprint, status }) => {
      const alert = find(fingerprint);
      // It may be forgotten by now.
      return alert ? [{ labels: alert.labels, status, eventAt: alert.eventAt, activeAt: alert.activeAt }] : [];
    });
    const sent = this.#parts.clock.now();
    NOTIFICATION_SENT.publish({ receiver: this.receiver.name, begun, sent, alerts } satisfies NotificationSent);
  }

  /** Written down where it is kept. A core that is alone tells people also when its own disk is full: a notification twice is better than none. */
  async #note(values: readonly (readonly [string, unknown])[], generation: number): Promise<void> {
    const { state, log } = this.#parts;
    if (values.length === 0) return;
    try {
      await state.put(values, generation);
    } catch (error) {
      if (state.isShared) throw error;
      state.remember(values, generation);
      log.error('who was told of what cannot be written; after a crash it may be told again', {
        receiver: this.receiver.name,
        'error.message': String(error),
      });
    }
  }
}

function toldAlert({ status, key }: SentItem, alert: Alert): ToldAlert {
  const { labels, annotations, value, activeAt, fingerprint, resolvedAt } = alert;
  return {
    ...{ status, labels, annotations, value, activeAt, fingerprint, key },
    resolvedAt: status === 'resolved' ? (resolvedAt ?? alert.heldAt) : null,
  };
}
