import type { Clock } from '../lib/clock.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import { encodeControl } from '../proto/control.ts';
import { decodeStatus } from '../proto/status.ts';
import { topicOf } from '../proto/topics.ts';
import { Clones } from './clones.ts';
import type { DesiredStore } from './desired-store.ts';
import type { DoorEvents } from './door.ts';
import type { Fleet } from './fleet.ts';
import type { Intake } from './intake.ts';
import type { OwnEvents } from './own-events.ts';
import type { Pressure } from './pressure.ts';
import type { Refusals } from './refusals.ts';
import type { EndReason, Session } from './session.ts';

export interface PresenceParts {
  readonly fleet: Fleet;
  readonly events: OwnEvents;
  readonly desired: DesiredStore;
  readonly pressure: Pressure;
  readonly refusals: Refusals;
  readonly intake: () => Intake;
  readonly clock: Clock;
  /** From where on a skew is told, ms. */
  readonly skewMs: number;
  readonly relay: string;
}

/**
 * What follows when a host comes, goes, or says how it is: events, the fleet report, what it is told. While the relay
 * itself stops, nobody is called dead.
 */
export class Presence implements DoorEvents {
  stopping = false;
  readonly #parts: PresenceParts;
  readonly #clones = new Clones();
  readonly #down: Counter;

  constructor(parts: PresenceParts, metrics: Registry) {
    this.#parts = parts;
    this.#down = metrics.counter(
      'heliograph_relay_hosts_down_total',
      'Hosts whose connection ended and was not replaced, by reason.',
    );
  }

  onArrived(session: Session, replaced: boolean): void {
    const { fleet, events } = this.#parts;
    fleet.changed(session, '');
    if (!replaced) events.tell('host_up', session.host, { connection: session.number, relay: this.#parts.relay });
  }

  onLeft(session: Session, reason: EndReason): void {
    if (this.stopping) return;
    const { fleet, events } = this.#parts;
    this.#down.inc({ reason });
    events.tell('host_down', session.host, { connection: session.number, reason, relay: this.#parts.relay });
    fleet.changed(session, reason);
  }

  onSubscribed(session: Session, channel: 'desired' | 'control'): void {
    const { desired, pressure, clock, intake } = this.#parts;
    if (channel === 'desired') {
      const document = desired.of(session.host);
      if (document) session.send('desired', document, true);
      return;
    }
    session.send('control', encodeControl({ time: clock.now(), pressure: pressure.levels() }));
    intake().held.askAgain(session, clock.now());
  }

  onStatus(session: Session, payload: Uint8Array, will: boolean): void {
    const { fleet, events, refusals, clock, skewMs } = this.#parts;
    let status: ReturnType<typeof decodeStatus>;
    try {
      status = decodeStatus(payload);
    } catch (error) {
      refusals.refuse(session, topicOf(session.host, 'status'), error, undefined);
      return;
    }
    session.status = Uint8Array.from(payload);
    if (will) {
      if (!this.stopping) fleet.changed(session, session.endReason ?? 'closed');
      return;
    }
    session.skew = status.time - clock.now();
    if (Math.abs(session.skew) > skewMs && Math.abs(session.skew - session.skewTold) > skewMs) {
      session.skewTold = session.skew;
      events.tell('clock_skew', session.host, { skew_ms: Math.round(session.skew), time: status.time });
    }
    if (status.boot !== session.liveBoot) {
      session.liveBoot = status.boot;
      const other = this.#clones.alive(session.host, status.boot);
      if (other) events.tell('cloned_image', session.host, { boot: status.boot, other_boot: other });
    }
    fleet.changed(session, '');
  }
}
