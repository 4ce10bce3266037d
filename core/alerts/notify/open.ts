import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { alertmanagerDoor } from '../../../lib/alerts/http-receiver.ts';
import { type Clock, steadyTime } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Registry } from '../../../lib/metrics.ts';
import type { Alert } from '../alert.ts';
import type { AlertBook } from '../alert-book.ts';
import type { LeaseParts } from '../lease/open.ts';
import { Acknowledgements } from './acks.ts';
import { AlertmanagerFeed } from './alertmanager-feed.ts';
import { Channel } from './channel.ts';
import type { NotifyConfig } from './config.ts';
import { coreId } from './core-id.ts';
import type { Fate } from './fates.ts';
import { Inhibition } from './inhibition.ts';
import { notifyMetrics } from './metrics.ts';
import { alertByKey, Notifier } from './notifier.ts';
import { openReceiver } from './receivers/open.ts';
import { Routes } from './routes.ts';
import { AlertSilences } from './silences.ts';
import { LocalPlace } from './state/local-place.ts';
import { NotifyState } from './state/state.ts';
import { ToldBook } from './told.ts';
import { type ReceiversView, receiversView } from './view.ts';

const STEP_MS = 250;
/** After a message, when others may wait. */
const SOON_MS = 20;
/** A look takes at most such a part of the time. */
const SHARE = 10;

export interface NotifyParts {
  readonly config: NotifyConfig;
  /** Of the core's API, where the configuration does not say how people reach it. */
  readonly ownUrl: string;
  /** Null: this core is the only one. */
  readonly lease: Omit<LeaseParts, 'owner'> | null;
  readonly book: AlertBook;
  readonly database: DatabaseSync;
  /** What errors name. */
  readonly path: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly registry: Registry;
}

/** An alert was taken by a receiver. */
export type SentListener = (alert: Alert, receiver: string, status: 'firing' | 'resolved') => void;

/** Notifications of a core, while it is up. */
export interface Notifications {
  readonly notifier: Notifier;
  readonly silences: AlertSilences;
  readonly acks: Acknowledgements;
  receivers(): ReceiversView;
  /** Whether this core tells people, and not another beside it. */
  notifies(): boolean;
  onSent(listener: SentListener): void;
  close(): Promise<void>;
}

/** Puts notifications together and starts them. @throws HeliographError HG_ALERT_LEASE */
export async function openNotifications(parts: NotifyParts): Promise<Notifications> {
  const { config, book, database, path, clock, random, log, registry } = parts;
  const steady = steadyTime(clock);
  const externalUrl = config.externalUrl ?? parts.ownUrl;
  const core = coreId(database, randomUUID);
  const { lease, place } = parts.lease
    ? await (await import('../lease/open.ts')).openLease({ ...parts.lease, owner: core })
    : { lease: new (await import('../lease/lease.ts')).OnlyCore(), place: new LocalPlace(database, path) };
  const state = await NotifyState.open(place, () => clock.now());
  const told = new ToldBook(state, core);
  const silences = new AlertSilences(state, () => clock.now());
  const acks = new Acknowledgements(
    state,
    (key) => alertByKey(book.all(), key),
    () => clock.now(),
  );
  const listeners: SentListener[] = [];
  const onSent: SentListener = (alert, receiver, status) => {
    notifier.sent(alert);
    for (const listener of listeners) listener(alert, receiver, status);
  };
  const fates = registry.counter(
    'heliograph_core_notifications_total',
    'Notifications by receiver and fate: sent, failed (tried again), refused for what they say, unknown (sent again with the same key)',
  );
  const onFate = (receiver: string, fate: Fate) => fates.inc({ receiver, fate });
  const receivers = await Promise.all(config.receivers.map(openReceiver));
  const channels = receivers.map(
    (receiver) =>
      new Channel({
        ...{ receiver, told, state, onSent, onFate, clock, steady, random, log },
        externalUrl,
        generation: () => lease.check(),
        find: (fingerprint) => notifier.find(fingerprint),
        onFree: () => lookIn(SOON_MS),
        commit: () => book.commit(clock.now()),
      }),
  );
  const base = externalUrl.replace(/\/+$/, '');
  const feeds = config.alertmanagers.map((setting) => {
    const door = alertmanagerDoor(setting);
    const { resend: resendMs } = config;
    const mayNotify = async () => (await lease.check()) !== null;
    const name = `alertmanager ${new URL(door.url).host}`;
    const told = (alert: Alert, receiver: string) =>
      onSent(alert, receiver, alert.state === 'resolved' ? 'resolved' : 'firing');
    return new AlertmanagerFeed({
      ...{ name, door, resendMs, mayNotify, onFate, clock, random, log },
      lookOf: (alert) => book.lookOf(alert),
      chartUrl: (query) => `${base}/explore?${new URLSearchParams({ query })}`,
      onSent: told,
    });
  });
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  const lookIn = (ms: number) => {
    if (timer) clearTimeout(timer);
    if (!closed) timer = setTimeout(look, ms);
  };
  const onError = (error: unknown) =>
    log.error('what is known of notifications cannot be written', { 'error.message': String(error) });
  const notifier: Notifier = new Notifier({
    ...{ book, silences, acks, state, told, lease, channels, feeds, clock, steady, onError },
    routes: new Routes(config),
    inhibition: new Inhibition(config.inhibit),
  });
  const outlets = [...channels, ...feeds];
  notifyMetrics(registry, { outlets, silences, lease });
  if (outlets.length === 0) tellLog(book, log);

  const look = () => {
    const begun = clock.mono();
    try {
      notifier.step();
    } catch (error) {
      log.error('whom to notify could not be worked out; trying again', { 'error.message': String(error) });
    }
    lookIn(Math.max(STEP_MS, SHARE * (clock.mono() - begun)));
  };
  lease.onChange(() => lookIn(0));
  look();
  return {
    ...{ notifier, silences, acks },
    receivers: () => receiversView(channels, feeds, lease),
    notifies: () => lease.held !== null,
    onSent: (listener) => {
      listeners.push(listener);
    },
    close: async () => {
      closed = true;
      if (timer) clearTimeout(timer);
      await notifier.close();
      await lease.close();
      await state.close();
    },
  };
}

/** Where nobody is told, the log is. */
function tellLog(book: AlertBook, log: Logger): void {
  book.onChange((alert, change) => {
    if (change !== 'firing' && change !== 'resolved') return;
    log.warn(`an alert ${change === 'firing' ? 'fires' : 'is over'}; no receiver is configured (alerts.notify)`, {
      alert: alert.labels.alertname,
      labels: alert.labels,
      ...alert.annotations,
    });
  });
}
