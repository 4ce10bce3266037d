import { fingerprintOf } from '../../lib/alerts/fingerprint.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { Alert, AlertMaker, Held, Look } from './alert.ts';
import type { AlertStore } from './alert-store.ts';

/** Of one alert's labels and annotations. */
const MOST_BYTES = 32 * 1024;
/** How long an alert that is over is still there, as in Prometheus: whoever was away hears of its end. */
const RESOLVED_KEPT_MS = 15 * 60_000;

/** What has a bound of its own. */
type Room = 'rules' | 'hosts' | 'relays' | 'own';
const ROOMS: Readonly<Record<Alert['source'], Room>> = {
  ...{ rule: 'rules', log: 'rules', inventory: 'hosts', relay: 'relays', own: 'own' },
};

/** `handed`: it fires, and who tells people of it is another now. */
export type AlertChange = 'pending' | 'firing' | 'resolved' | 'dropped' | 'handed';

/**
 * What pends, fires and has ended, whoever finds it: one life for all alerts, by Prometheus' rules for it
 * (prometheus.io/docs/prometheus/latest/configuration/alerting_rules). What of it changed is durable after `commit`.
 */
export class AlertBook {
  readonly #store: AlertStore;
  readonly #most: number;
  /** By maker, then by fingerprint. */
  readonly #alerts = new Map<string, Map<string, Alert>>();
  readonly #listeners: ((alert: Alert, change: AlertChange) => void)[] = [];
  readonly #needs: ((alert: Alert) => boolean)[] = [];
  /** Those that are over: few of them all, and looked at with each `commit`. */
  readonly #over = new Set<Alert>();
  /** Ends that somebody still needs of alerts that began anew meanwhile, by maker and fingerprint. */
  readonly #endings = new Map<string, Alert>();
  /** The last look of each maker that looks again and again. */
  readonly #looks = new Map<string, Look>();
  /** Ten thousand hosts that are silent, or a rule that yields as many alerts, take nobody else's room. */
  readonly #sizes: Record<Room, number> = { rules: 0, hosts: 0, relays: 0, own: 0 };

  /** @param most alerts at once of rules; of hosts that are missed; of relays; and of a core itself */
  constructor(store: AlertStore, most: number) {
    this.#store = store;
    this.#most = most;
    for (const { alert, ending } of store.alerts()) {
      if (ending) this.#endings.set(placeOf(alert), alert);
      else this.#put(alert);
    }
  }

  get size(): number {
    return Object.values(this.#sizes).reduce((all, size) => all + size, 0);
  }

  /** How many fire. */
  get firing(): number {
    let count = 0;
    for (const { state } of this.all()) if (state === 'firing') count++;
    return count;
  }

  /** Of one that began anew before its end was told everywhere there is that end, too. */
  *all(): IterableIterator<Alert> {
    for (const alerts of this.#alerts.values()) yield* alerts.values();
    yield* this.#endings.values();
  }

  ofMaker(id: string): Iterable<Alert> {
    return this.#alerts.get(id)?.values() ?? [];
  }

  /** The last look of an alert's maker that went well, since the start; null: there was none, the maker is no more, or does not look again and again. */
  lookOf({ maker }: Alert): Look | null {
    return this.#looks.get(maker) ?? null;
  }

  /** Told of each change of state, before it is durable. `dropped`: it pended, and held no more. */
  onChange(listener: (alert: Alert, change: AlertChange) => void): void {
    this.#listeners.push(listener);
  }

  /** While anybody says true an alert that is over stays, such as when its end is still to be told. */
  keepWhile(needs: (alert: Alert) => boolean): void {
    this.#needs.push(needs);
  }

  /**
   * What holds now, of one maker; what it said before and does not say now holds no more.
   * @throws HeliographError HG_ALERT_TWICE for two with the same labels, HG_ALERT_TOO_MANY, HG_ALERT_TOO_LARGE: its alerts stay as they were
   */
  hold(maker: AlertMaker, held: readonly Held[], now: number): void {
    const before = this.#alerts.get(maker.id);
    const found = new Map<string, Held>();
    for (const one of held) {
      const bytes = Buffer.byteLength(JSON.stringify([one.labels, one.annotations]));
      if (bytes > MOST_BYTES) {
        throw new HeliographError('HG_ALERT_TOO_LARGE', `${maker.name}: ${bytes} bytes, at most ${MOST_BYTES}`, {
          alert: maker.name,
        });
      }
      const fingerprint = fingerprintOf(one.labels);
      if (found.has(fingerprint)) {
        throw new HeliographError('HG_ALERT_TWICE', `${maker.name}: ${JSON.stringify(one.labels)}`, {
          alert: maker.name,
        });
      }
      found.set(fingerprint, one);
    }
    let fresh = 0;
    for (const fingerprint of found.keys()) if (!before?.has(fingerprint)) fresh++;
    if (this.#sizes[roomOf(maker)] + fresh > this.#most) this.#makeRoom(roomOf(maker));
    const there = this.#sizes[roomOf(maker)];
    if (there + fresh > this.#most) {
      throw new HeliographError(
        'HG_ALERT_TOO_MANY',
        `${maker.name} gives ${fresh} more to the ${there} there are; at most ${this.#most}`,
        { alert: maker.name, alerts: held.length },
      );
    }
    for (const [fingerprint, one] of found) this.#holds(maker, fingerprint, one, now);
    for (const [fingerprint, alert] of this.#alerts.get(maker.id) ?? []) {
      if (!found.has(fingerprint)) this.#holdsNoMore(maker, alert, now);
    }
    if (maker.everyMs !== undefined) this.#looks.set(maker.id, { maker, at: now });
  }

  /** Ends all alerts of makers that are no more. */
  keepMakers(source: Alert['source'], ids: ReadonlySet<string>, now: number): void {
    for (const alert of [...this.all()]) if (alert.source === source && !ids.has(alert.maker)) this.#end(alert, now);
    for (const [id, { maker }] of this.#looks) if (maker.source === source && !ids.has(id)) this.#looks.delete(id);
  }

  /** What changed is durable when it returns. Also lets go of what has long been over. @throws HeliographError HG_STORE_DISK */
  commit(now: number): void {
    for (const alert of this.#over) {
      if (now - alert.resolvedAt! >= RESOLVED_KEPT_MS && !this.#isNeeded(alert)) this.#remove(alert);
    }
    for (const [place, alert] of this.#endings) {
      // What fires again is one story with it.
      const isOne = this.#alerts.get(alert.maker)?.get(alert.fingerprint)?.state === 'firing';
      if (!isOne && this.#isNeeded(alert)) continue;
      this.#endings.delete(place);
      this.#store.remove(alert, true);
    }
    this.#store.commit();
  }

  /** What is over and nobody needs gives way to what begins. */
  #makeRoom(room: Room): void {
    for (const alert of this.#over) if (roomOf(alert) === room && !this.#isNeeded(alert)) this.#remove(alert);
  }

  #isNeeded(alert: Alert): boolean {
    return this.#needs.some((needs) => needs(alert));
  }

  #holds(maker: AlertMaker, fingerprint: string, held: Held, now: number): void {
    const known = this.#alerts.get(maker.id)?.get(fingerprint);
    const { annotations, value, notifiedBy = null } = held;
    // What was over begins anew, under a key of its own.
    if (known?.state === 'resolved') this.#keepEnd(known);
    const alert = known && known.state !== 'resolved' ? known : this.#begin(maker, fingerprint, held, now);
    alert.annotations = annotations;
    alert.value = value;
    alert.heldAt = now;
    alert.keptSince = null;
    // What somebody else found may have begun by a clock that is ahead.
    if (alert.state === 'pending' && (maker.forMs === 0 || now - alert.activeAt >= maker.forMs)) {
      alert.state = 'firing';
      alert.firedAt = now;
      this.#changed(alert, 'firing');
    }
    if ((alert.notifiedBy ?? null) !== notifiedBy) {
      alert.notifiedBy = notifiedBy;
      this.#changed(alert, 'handed');
    }
  }

  /** Of one whose place another takes now. */
  #keepEnd(alert: Alert): void {
    this.#over.delete(alert);
    if (this.#endings.size >= this.#most || !this.#isNeeded(alert)) return;
    this.#endings.set(placeOf(alert), alert);
    this.#store.put(alert, true);
  }

  #begin(maker: AlertMaker, fingerprint: string, held: Held, now: number): Alert {
    const { labels, annotations, value, eventAt, activeAt = now, notifiedBy = null } = held;
    const alert: Alert = {
      ...{ maker: maker.id, source: maker.source, labels, fingerprint, annotations, value, eventAt },
      ...{ state: 'pending', activeAt, heldAt: now, firedAt: null, resolvedAt: null, keptSince: null },
      notifiedBy,
    };
    this.#put(alert);
    this.#changed(alert, 'pending');
    return alert;
  }

  #holdsNoMore(maker: AlertMaker, alert: Alert, now: number): void {
    if (alert.state === 'resolved') return;
    if (alert.state === 'firing' && maker.keepFiringForMs > 0) {
      alert.keptSince ??= now;
      if (now - alert.keptSince < maker.keepFiringForMs) {
        this.#store.put(alert);
        return;
      }
    }
    this.#end(alert, now);
  }

  #end(alert: Alert, now: number): void {
    if (alert.state === 'resolved') return;
    if (alert.state === 'pending') {
      this.#remove(alert);
      for (const listener of this.#listeners) listener(alert, 'dropped');
      return;
    }
    alert.state = 'resolved';
    alert.resolvedAt = now;
    this.#over.add(alert);
    this.#changed(alert, 'resolved');
  }

  #changed(alert: Alert, change: AlertChange): void {
    this.#store.put(alert);
    for (const listener of this.#listeners) listener(alert, change);
  }

  #put(alert: Alert): void {
    let alerts = this.#alerts.get(alert.maker);
    if (!alerts) {
      alerts = new Map();
      this.#alerts.set(alert.maker, alerts);
    }
    if (!alerts.has(alert.fingerprint)) this.#sizes[roomOf(alert)]++;
    alerts.set(alert.fingerprint, alert);
    if (alert.state === 'resolved') this.#over.add(alert);
  }

  #remove(alert: Alert): void {
    const alerts = this.#alerts.get(alert.maker);
    if (!alerts?.delete(alert.fingerprint)) return;
    this.#over.delete(alert);
    if (alerts.size === 0) this.#alerts.delete(alert.maker);
    this.#sizes[roomOf(alert)]--;
    this.#store.remove(alert);
  }
}

function placeOf({ maker, fingerprint }: Alert): string {
  return `${maker}\n${fingerprint}`;
}

function roomOf({ source }: Pick<Alert, 'source'>): Room {
  return ROOMS[source];
}
