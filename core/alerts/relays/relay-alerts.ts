import type { AlertMaker, Held } from '../alert.ts';
import type { AlertBook } from '../alert-book.ts';
import type { AlertEvent } from './alert-event.ts';
import type { RelayAlert, RelayAlertStore } from './relay-alert-store.ts';

/** Before it acts on a hand-over that is older than the first, the core reads on for the second, ms: the taking back may come behind it. */
const OLD_MS = 30_000;
const READ_ON_MS = 10_000;
/** Alerts that are over are remembered for so long, and so many of all: events come twice, and none of them is to fire again. */
const KEPT_MS = 86_400_000;
const MOST = 50_000;
const SWEEP_MS = 60_000;

export interface RelayAlertsParts {
  readonly store: RelayAlertStore;
  readonly book: AlertBook;
  readonly topic: string;
  /** Whether a relay is out of service: its alerts end. */
  readonly isOut: (relay: string) => boolean;
  /** Told how many of a relay's alerts the book did not take, and why. */
  readonly onRefused: (relay: string, alerts: number, error: unknown) => void;
}

/** What relays' own rules found, and who of both tells people of it: a relay's alerts are shown, and notified when it hands them over. */
export class RelayAlerts {
  readonly #parts: RelayAlertsParts;
  /** By relay, then by key; the oldest first. */
  readonly #alerts = new Map<string, Map<string, RelayAlert>>();
  /** Hand-overs that are read on for, and until when on the clock of `mono`. */
  readonly #doubtful = new Map<RelayAlert, number>();
  readonly #dirty = new Set<RelayAlert>();
  /** Relays of which something else is to be held. */
  readonly #moved = new Set<string>();
  #size = 0;
  #sweptAt = Number.NEGATIVE_INFINITY;

  /** @param mono now, ms on a clock that never steps */
  constructor(parts: RelayAlertsParts, mono: number) {
    this.#parts = parts;
    for (const alert of parts.store.alerts().sort((a, b) => a.heardAt - b.heardAt)) {
      this.#ofRelay(alert.relay).set(alert.key, alert);
      this.#size++;
      this.#moved.add(alert.relay);
      if (alert.doubtful) this.#doubtful.set(alert, mono + READ_ON_MS);
    }
  }

  /** Takes an event in; durable with the next `keep`. @param now ms since the epoch @param mono ms */
  take(relay: string, event: AlertEvent, now: number, mono: number): void {
    const { key, fingerprint, labels, annotations, value, startsAt } = event;
    const known = this.#ofRelay(relay).get(key);
    const alert: RelayAlert = known ?? {
      ...{ relay, key, fingerprint, labels, annotations, value, startsAt, heardAt: now },
      ...{ over: false, owner: null, doubtful: false },
    };
    if (!known) {
      this.#ofRelay(relay).set(key, alert);
      this.#size++;
    }
    this.#dirty.add(alert);
    this.#moved.add(relay);
    alert.heardAt = now;
    // What comes twice, or late, begins nothing anew.
    if (alert.over) return;
    alert.annotations = annotations;
    alert.value = value;
    if (event.type === 'alert.resolved') {
      alert.over = true;
      this.#sure(alert);
    } else if (event.type === 'alert.notified') {
      if (event.notifiedBy === 'relay') {
        alert.owner = 'relay';
        this.#sure(alert);
      } else if (alert.owner !== 'core') {
        alert.owner = 'core';
        if (now - event.time > OLD_MS) {
          alert.doubtful = true;
          this.#doubtful.set(alert, mono + READ_ON_MS);
        }
      }
    }
  }

  /** Whether something was taken in that is not durable yet. */
  get hasNews(): boolean {
    return this.#dirty.size > 0;
  }

  /** Makes durable what was taken in, with how far was read. @throws HeliographError HG_STORE_DISK; the next call tries again */
  keep(position: string | null, now: number): void {
    const gone = this.#overLong(now);
    this.#parts.store.write(this.#dirty, gone, this.#parts.topic, position);
    this.#dirty.clear();
    for (const alert of gone) {
      this.#ofRelay(alert.relay).delete(alert.key);
      this.#doubtful.delete(alert);
      this.#moved.add(alert.relay);
      this.#size--;
    }
  }

  /**
   * Tells the book; called after `keep`, and now and then: time decides what was doubtful.
   * @throws HeliographError HG_STORE_DISK
   */
  hold(now: number, mono: number): void {
    for (const [alert, due] of this.#doubtful) {
      if (due > mono) continue;
      this.#sure(alert);
      this.#dirty.add(alert);
      this.#moved.add(alert.relay);
    }
    if (this.#dirty.size > 0) this.keep(null, now);
    for (const { maker, source } of this.#parts.book.all()) {
      const relay = source === 'relay' ? maker.slice(MAKER.length) : null;
      if (relay !== null && this.#parts.isOut(relay)) this.#moved.add(relay);
    }
    if (this.#moved.size === 0) return;
    for (const relay of this.#moved) this.#holdRelay(relay, now);
    this.#moved.clear();
    this.#parts.book.commit(now);
  }

  #overLong(now: number): RelayAlert[] {
    if (this.#size <= MOST && Math.abs(now - this.#sweptAt) < SWEEP_MS) return [];
    this.#sweptAt = now;
    const gone: RelayAlert[] = [];
    for (const alerts of this.#alerts.values()) {
      for (const alert of alerts.values()) {
        if (this.#size - gone.length > MOST || (alert.over && now - alert.heardAt > KEPT_MS)) gone.push(alert);
      }
    }
    return gone;
  }

  #holdRelay(relay: string, now: number): void {
    const { book, isOut, onRefused } = this.#parts;
    // The newest of equal labels: the one before it ended though nobody said so yet.
    const held = new Map<string, RelayAlert>();
    if (!isOut(relay)) {
      for (const alert of this.#ofRelay(relay).values()) {
        if (alert.over || (held.get(alert.fingerprint)?.startsAt ?? 0) > alert.startsAt) continue;
        held.set(alert.fingerprint, alert);
      }
    }
    const all = [...held.values()];
    const before = new Map([...book.ofMaker(MAKER + relay)].map((alert) => [alert.fingerprint, alert]));
    const begunAnew = (alert: RelayAlert) => {
      const known = before.get(alert.fingerprint);
      return known !== undefined && known.state !== 'resolved' && known.activeAt !== alert.startsAt;
    };
    try {
      if (all.some(begunAnew)) {
        const others = all.filter((alert) => !begunAnew(alert));
        book.hold(makerOf(relay), others.map(heldOf), now);
        // Written before another takes its place.
        book.commit(now);
      }
      book.hold(makerOf(relay), all.map(heldOf), now);
    } catch (error) {
      onRefused(relay, all.length, error);
    }
  }

  #sure(alert: RelayAlert): void {
    alert.doubtful = false;
    this.#doubtful.delete(alert);
  }

  #ofRelay(relay: string): Map<string, RelayAlert> {
    let alerts = this.#alerts.get(relay);
    if (!alerts) {
      alerts = new Map();
      this.#alerts.set(relay, alerts);
    }
    return alerts;
  }
}

const MAKER = 'relay/';

function makerOf(relay: string): AlertMaker {
  return { id: MAKER + relay, source: 'relay', name: relay, forMs: 0, keepFiringForMs: 0 };
}

function heldOf({ relay, labels, annotations, value, startsAt, owner, doubtful }: RelayAlert): Held {
  const notifiedBy = owner === 'core' && !doubtful ? null : relay;
  return { labels, annotations, value, eventAt: startsAt, activeAt: startsAt, notifiedBy };
}
