import type { Clock } from '../lib/clock.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import { encodeControl } from '../proto/control.ts';
import type { Event } from '../proto/event.ts';
import type { Boot } from '../proto/hash.ts';
import { decodeStatus } from '../proto/status.ts';
import { topicOf } from '../proto/topics.ts';
import { Clones } from './clones.ts';
import type { DesiredStore } from './desired-store.ts';
import type { Fleet } from './fleet.ts';
import type { Intake } from './intake.ts';
import type { HostEvents } from './mqtt-service.ts';
import type { OwnEvents } from './own-events.ts';
import type { Pressure } from './pressure.ts';
import type { Refusals } from './refusals.ts';
import type { HostFate } from './rules/link.ts';
import type { EndReason, Session } from './session.ts';
import { saidOf } from './status/host-said.ts';

/** The sweep comes several times a second; after a pause this long, in ms, the process itself stood still. */
const STALL_MS = 5000;
/** Collectors come back within this after such a pause, ms. */
const GRACE_MS = 60_000;
/** An event that a host can bring about at will is told so often at most, ms. */
const TELL_MS = 60_000;
const NOTHING = new Uint8Array(0);
/** Letters of an address that an event has. */
const MOVED_TO_LENGTH = 300;

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
export class Presence implements HostEvents {
  stopping = false;
  readonly #parts: PresenceParts;
  readonly #clones = new Clones();
  readonly #down: Counter;
  readonly #untold: Counter;
  readonly #stalls: Counter;
  /** When an event of a type was last told of a host. */
  readonly #told = new Map<string, number>();
  /** Hosts that went just after the relay had stood still, and may be back at once. */
  readonly #unsure = new Map<string, { session: Session; reason: EndReason; due: number }>();
  /** Hosts that another relay has taken in, as they said themselves, and that did not come back. */
  readonly #elsewhere = new Set<string>();
  /** Null: there was none yet. What the start takes is no standstill. */
  #lastSweep: number | null = null;
  #graceUntil = Number.NEGATIVE_INFINITY;

  constructor(parts: PresenceParts, metrics: Registry) {
    this.#parts = parts;
    this.#stalls = metrics.counter(
      'heliograph_relay_stalls_total',
      'Times the relay itself stood still for seconds: stopped, or starved of CPU.',
    );
    this.#untold = metrics.counter(
      'heliograph_relay_events_untold_total',
      'Events of a host that were not told, because the same was told of it less than a minute before.',
    );
    this.#down = metrics.counter(
      'heliograph_relay_hosts_down_total',
      'Hosts whose connection ended and was not replaced, by reason.',
    );
  }

  onArrived(session: Session, replaced: boolean): void {
    const { fleet, events } = this.#parts;
    fleet.changed(session, '');
    this.#elsewhere.delete(session.host);
    const stayed = this.#unsure.delete(session.host);
    if (!replaced && !stayed)
      events.tell('host_up', session.host, { connection: session.number, relay: this.#parts.relay });
  }

  onLeft(session: Session, reason: EndReason): void {
    if (this.stopping) return;
    const { fleet, clock, events, relay } = this.#parts;
    const now = clock.mono();
    session.endedAt = clock.now();
    fleet.changed(session, reason);
    // Timers ran out while we could not hear anybody: that is no sign of death.
    const unheard = reason === 'keep-alive' || reason === 'closed' || reason === 'disconnected';
    if (reason === 'moved') {
      this.#elsewhere.add(session.host);
      events.tell('host_moved', session.host, { connection: session.number, relay, to: session.movedTo ?? '' });
    } else if (unheard && now < this.#graceUntil)
      this.#unsure.set(session.host, { session, reason, due: now + GRACE_MS });
    else this.#gone(session, reason);
  }

  /** The host has a newer connection at another worker of this relay: it is neither down nor up for that. */
  onMoved(session: Session): void {
    // What it last said here may be older than what it says there.
    session.status = NOTHING;
    session.endedAt = this.#parts.clock.now();
    this.#parts.fleet.changed(session, 'replaced');
  }

  /** A host is at another worker. @returns whether it went just after this one had stood still, and nobody was told */
  stayed(host: string): boolean {
    return this.#unsure.delete(host);
  }

  /** Whether a host said that another relay has taken it in, and was not here since. */
  isElsewhere(host: string): boolean {
    return this.#elsewhere.has(host);
  }

  /** Whether a host went just after the relay had stood still, and may be back at once. */
  isUnsure(host: string): boolean {
    return this.#unsure.has(host);
  }

  fateOf(host: string): HostFate {
    if (this.stopping) return 'stopping';
    if (this.isElsewhere(host)) return 'moved';
    return this.isUnsure(host) ? 'doubtful' : 'gone';
  }

  /** What is remembered of a host's lives, for another worker. */
  livesOf(host: string): { alive: readonly Boot[]; framed: readonly Boot[] } {
    return this.#clones.of(host);
  }

  learn(host: string, alive: readonly Boot[], framed: readonly Boot[]): void {
    this.#clones.learn(host, alive, framed);
  }

  onSubscribed(session: Session, channel: 'desired' | 'control'): void {
    const { desired, pressure, clock, intake } = this.#parts;
    if (channel === 'desired') {
      const document = desired.of(session.host);
      if (document) session.send('desired', document, true);
      return;
    }
    session.send('control', encodeControl({ time: clock.now(), pressure: pressure.levels() }));
    intake().listens(session);
  }

  onStatus(session: Session, payload: Uint8Array, will: boolean): void {
    const { fleet, refusals, clock, skewMs } = this.#parts;
    let status: ReturnType<typeof decodeStatus>;
    try {
      status = decodeStatus(payload);
    } catch (error) {
      refusals.refuse(session, topicOf(session.host, 'status'), error, undefined);
      return;
    }
    if (status.movedTo !== undefined && !will) {
      // What it says of itself it says at the other relay by now.
      session.movedTo = status.movedTo.slice(0, MOVED_TO_LENGTH);
      session.status = NOTHING;
      return;
    }
    session.status = Uint8Array.from(payload);
    if (will) {
      if (!this.stopping) fleet.changed(session, session.endReason ?? 'closed');
      return;
    }
    session.said = saidOf(status);
    session.skew = status.time - clock.now();
    if (Math.abs(session.skew) > skewMs && Math.abs(session.skew - session.skewTold) > skewMs) {
      session.skewTold = session.skew;
      this.#tell('clock_skew', session.host, { skew_ms: Math.round(session.skew), time: status.time });
    }
    if (status.boot !== session.liveBoot) {
      session.liveBoot = status.boot;
      const other = this.#clones.alive(session.host, status.boot);
      if (other) this.#tell('cloned_image', session.host, { boot: status.boot, other_boot: other });
    }
    fleet.changed(session, '');
  }

  /** A frame of a life of the host came. */
  onFrame(session: Session, boot: Boot): void {
    if (session.framedBoot === boot) return;
    session.framedBoot = boot;
    const other = this.#clones.framed(session.host, boot);
    if (other) this.#tell('cloned_image', session.host, { boot, other_boot: other });
  }

  /** Looks whether the relay itself stood still, and tells of hosts that went then and did not come back. Called every `TICK`. */
  sweep(): void {
    const now = this.#parts.clock.mono();
    if (this.#lastSweep !== null && now - this.#lastSweep > STALL_MS) {
      this.#stalls.inc();
      this.#graceUntil = now + GRACE_MS;
    }
    this.#lastSweep = now;
    for (const [host, { session, reason, due }] of this.#unsure) {
      if (due > now) continue;
      this.#unsure.delete(host);
      this.#gone(session, reason);
    }
    for (const [key, at] of this.#told) if (now - at > TELL_MS) this.#told.delete(key);
  }

  #gone(session: Session, reason: EndReason): void {
    const { events, relay } = this.#parts;
    this.#down.inc({ reason });
    events.tell('host_down', session.host, { connection: session.number, reason, relay });
  }

  /** What a host may bring about as often as it likes is told once in a while: the events of others must not drown in it. */
  #tell(type: string, host: string, facts: Event['facts']): void {
    const key = `${type} ${host}`;
    if (this.#told.has(key)) {
      this.#untold.inc({ type });
      return;
    }
    this.#told.set(key, this.#parts.clock.mono());
    this.#parts.events.tell(type, host, facts);
  }
}
