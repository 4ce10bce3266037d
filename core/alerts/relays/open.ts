import type { Clock } from '../../../lib/clock.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Counter } from '../../../lib/metrics.ts';
import { decodeFrame } from '../../../proto/frame.ts';
import type { Health } from '../../api/health.ts';
import { asFault } from '../../gateway/frames.ts';
import { unzstd, utf8 } from '../../gateway/tools.ts';
import { decodeRecord } from '../../indexer/record.ts';
import type { Bus, BusBatch, Consumer } from '../../ports/bus.ts';
import type { AlertBook } from '../alert-book.ts';
import { ALERT_EVENTS, readAlertEvent } from './alert-event.ts';
import { ALERTS_GROUP, EVENTS_TOPIC } from './group.ts';
import type { RelayAlertStore } from './relay-alert-store.ts';
import { RelayAlerts } from './relay-alerts.ts';

const BATCH_BYTES = 1 << 20;
const TICK_MS = 1000;
const KEEP_EVERY_MS = 5000;
const PART = 'alerts of relays';

export interface RelayAlertsOptions {
  readonly bus: Bus;
  readonly store: RelayAlertStore;
  readonly book: AlertBook;
  readonly isOut: (relay: string) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: Health;
  /** Label `code`. */
  readonly refused: Counter;
}

/** Follows what relays say of their alerts, from where it was left. @returns how to stop */
export async function openRelayAlerts(options: RelayAlertsOptions): Promise<() => Promise<void>> {
  const { bus, store, book, isOut, clock, log, health, refused } = options;
  const alerts = new RelayAlerts(
    {
      ...{ store, book, isOut, topic: EVENTS_TOPIC },
      onRefused: (relay, count, error) => {
        const typed = asFault(error);
        refused.inc({ code: typed.code });
        log.error('alerts of a relay are not shown', { relay, alerts: count, 'error.message': typed.message });
      },
    },
    clock.mono(),
  );
  const from = store.position(EVENTS_TOPIC);
  let consumer: Consumer | null = null;
  /** How far was read and is not written down: most events are about no alert, and are not worth a write each. */
  let place: string | null = null;
  let keptAt = clock.mono();
  const take = async (batch: BusBatch) => {
    for (const { value } of batch.damaged ? [] : batch.records) takeRecord(value);
    place = batch.next;
    if (alerts.hasNews || clock.mono() - keptAt > KEEP_EVERY_MS) await keep();
    alerts.hold(clock.now(), clock.mono());
  };
  const keep = async () => {
    if (place === null) return;
    const next = place;
    alerts.keep(next, clock.now());
    keptAt = clock.mono();
    place = null;
    await consumer?.commit(next);
  };
  const takeRecord = (value: Uint8Array) => {
    try {
      const { relay, host, frame: bytes } = decodeRecord(value);
      // Only the relay itself speaks for its rules.
      if (host !== relay) return;
      const frame = decodeFrame(bytes, { unzstd, utf8 });
      for (const event of frame.kind === 'events' ? frame.events : []) {
        if (!ALERT_EVENTS.has(event.type)) continue;
        try {
          alerts.take(relay, readAlertEvent(event), clock.now(), clock.mono());
        } catch (error) {
          refuse(relay, error);
        }
      }
    } catch (error) {
      // The indexer sets it aside; here it says nothing.
      if (!(error instanceof HeliographError)) throw error;
    }
  };
  const refuse = (relay: string, error: unknown) => {
    if (!(error instanceof HeliographError)) throw error;
    refused.inc({ code: error.code });
    log.warn('an alert of a relay cannot be understood', { relay, 'error.message': error.message });
  };
  const tick = async () => {
    try {
      if (clock.mono() - keptAt > KEEP_EVERY_MS) await keep();
      alerts.hold(clock.now(), clock.mono());
      health.well(PART);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      if (health.ill(PART, error.message)) log.error('alerts of relays could not be kept', { code: error.code });
    }
  };
  await tick();
  consumer = await bus.consume({ topic: EVENTS_TOPIC, group: ALERTS_GROUP, from, maxBytes: BATCH_BYTES }, take);
  // The last commit to the bus may have been cut off behind ours.
  if (from !== null) await consumer.commit(from);
  const timer = setInterval(() => void tick(), TICK_MS);
  return async () => {
    clearInterval(timer);
    await consumer?.close();
  };
}
