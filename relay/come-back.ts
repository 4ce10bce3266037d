import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import { encodeControl } from '../proto/control.ts';
import type { Session } from './session.ts';

/** A relay that starts again is there after about this long, ms. */
const RESTART_MS = 1000;
/** How long a farewell may take, ms: who has not gone by then is closed without. */
const FAREWELL_MS = 1000;
/** A relay with no room for a host asks it to look again after this, and as much again by chance, ms. */
const FULL_MS = 30_000;
/** A relay that is drained asks for the longest time that a collector heeds, less a part by chance, unless it is told another: elsewhere it is served at once. ms. */
export const DRAINED_MS = 600_000;
/** So long one that is drained serves a host that it has told to go: until another relay has taken the host in, ms. */
const SERVES_MS = 120_000;
/** Who was told to go and did not is closed after this, ms. */
const PATIENCE_MS = 5000;
/** The log names one host that was turned away in this time, ms, and counts the others. */
const LOG_EVERY_MS = 10_000;

/** Tells collectors when to come back, each another time, so that they do not come all at once. */
export class ComeBack {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #connections: number;
  readonly #log: Logger;
  readonly #full: Counter;
  /** Connections that were told to go, with when they must be gone. */
  readonly #turnedAway = new Map<Session, number>();
  /** Nobody is taken in: hosts are to go to other relays. */
  draining = false;
  /** For how long a relay that is drained asks to be left alone, less a part by chance, ms. */
  awayMs = DRAINED_MS;
  #logDue = Number.NEGATIVE_INFINITY;
  #unlogged = 0;

  constructor(options: {
    clock: Clock;
    /** In [0, 1). */
    random: () => number;
    /** So many hosts there is room for. */
    connections: number;
    log: Logger;
    metrics: Registry;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#connections = options.connections;
    this.#log = options.log;
    this.#full = options.metrics.counter(
      'heliograph_relay_turned_away_total',
      'Connections that there was no room for: their collectors were told to come back later.',
    );
  }

  /**
   * Before the relay stops: everybody is told to come back, spread over the time that so many handshakes take. Resolves
   * when those who can be told have gone, after a second at most.
   * @param handshakesPerSecond what this machine was found to take
   */
  async farewell(sessions: Iterable<Session>, handshakesPerSecond: number): Promise<void> {
    const told = [...sessions];
    const spread = (told.length / handshakesPerSecond) * 1000;
    const staying = new Set(told.filter((session) => this.#tell(session, RESTART_MS + spread * this.#random())));
    if (staying.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, FAREWELL_MS);
      for (const session of staying) {
        session.socket.once('close', () => {
          staying.delete(session);
          if (staying.size > 0) return;
          clearTimeout(timer);
          resolve();
        });
      }
    });
  }

  /** There is no room for this connection; it is told so as soon as it listens, and nothing of it is read. */
  turnAway(session: Session): void {
    session.turnedAway = true;
    const now = this.#clock.mono();
    this.#turnedAway.set(session, now + PATIENCE_MS);
    if (this.draining) return;
    this.#full.inc();
    if (now < this.#logDue) {
      this.#unlogged++;
      return;
    }
    this.#log.warn('no room for a host: it is told to come back later; raise limits.connections, or add a relay', {
      host: session.host,
      limit: this.#connections,
      unlogged_before: this.#unlogged,
    });
    this.#logDue = now + LOG_EVERY_MS;
    this.#unlogged = 0;
  }

  /** A connection that is to go can be told things from now on. */
  listens(session: Session): void {
    this.#tell(session, this.draining ? this.#away() : FULL_MS * (1 + this.#random()));
  }

  /** A host that is served here is to go to another relay, and is served until it has gone, for a while. What of it is not acknowledged it sends there. */
  sendAway(session: Session): void {
    session.endReason ??= 'drained';
    this.#turnedAway.set(session, this.#clock.mono() + SERVES_MS);
    this.#tell(session, this.#away(), SERVES_MS);
  }

  /** The relay is drained no more: those that it sent away and are still here are told that they are welcome, and are served on. */
  welcome(): void {
    this.draining = false;
    for (const session of this.#turnedAway.keys()) {
      // Whom it never took in goes all the same, and comes anew.
      if (session.turnedAway) continue;
      this.#turnedAway.delete(session);
      if (session.ended) continue;
      if (session.endReason === 'drained') session.endReason = null;
      this.#tell(session, 0);
    }
  }

  /** Closes who was told and is still here. Called now and then. */
  sweep(): void {
    const now = this.#clock.mono();
    for (const [session, due] of this.#turnedAway) {
      if (!session.ended && due > now) continue;
      this.#turnedAway.delete(session);
      if (!session.ended) session.drop(this.draining ? 'drained' : 'full');
    }
  }

  #tell(session: Session, ms: number, servesMs?: number): boolean {
    return session.send('control', encodeControl({ comeBackAfterMs: Math.round(ms), servesMs }));
  }

  #away(): number {
    return this.awayMs * (1 - this.#random() / 4);
  }
}
