import type { Socket } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import type { HandshakeRate } from './handshake-rate.ts';
import type { UnderWay } from './under-way.ts';

/** Clients give up in 15 s: who would wait longer than this is better told so at once, ms. */
const LONGEST_WAIT_MS = 10_000;
/** Who has waited so long is gone, or will be before the handshake is through: half of its price would be paid for nothing, ms. */
export const GIVEN_UP_MS = 14_000;
/** A turn of the event loop that comes later than this says that what is under way waits for us and not for clients, ms. */
const LATE_MS = 50;
/** So many may be under way at once then in any case, and as many as are managed in this time, ms. */
const UNDER_WAY = 100;
const UNDER_WAY_MS = 500;
/** What was admitted lately is measured over a stretch of this, ms. */
const STRETCH_MS = 1000;
/** So many may wait however slow it goes. */
const FEW = 500;
/** How often those who wait are looked at, ms. */
const TURN_MS = 10;
/** A turn that comes late lets in no more than this time's worth, ms: making up for it would make the next one late too. */
const MOST_CREDIT_MS = 50;

/**
 * Lets new connections through to the TLS handshake at the rate there is CPU for: a handshake costs 1.5 ms of it, and ten
 * thousand collectors come back at once. The others wait unread, in the order they came, up to what will be admitted before
 * they give up: by the rate, and by what a machine that is busy really managed lately. Nor do handshakes
 * pile up in a loop that is late: all of them would take longer than their clients wait. Where the loop is punctual nothing
 * bounds how many are under way, or few clients that stall in the middle could keep everybody out.
 */
export class Admission {
  readonly #rate: HandshakeRate;
  readonly #underWay: UnderWay;
  readonly #burst: number;
  readonly #clock: Clock;
  readonly #admit: (socket: Socket) => void;
  readonly #refuse: (socket: Socket) => void;
  readonly #waiting: { readonly socket: Socket; readonly since: number }[] = [];
  /** Admitted a second in the last whole stretch in which somebody always waited. */
  #managed = Number.POSITIVE_INFINITY;
  #stretchAt = 0;
  #admitted = 0;
  /** How late this turn came, ms. */
  #late = 0;
  #tokens: number;
  #at: number;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: {
    rate: HandshakeRate;
    /** Kept by who makes the handshakes. */
    underWay: UnderWay;
    burst: number;
    clock: Clock;
    admit: (socket: Socket) => void;
    refuse: (socket: Socket) => void;
  }) {
    this.#rate = options.rate;
    this.#underWay = options.underWay;
    this.#burst = options.burst;
    this.#clock = options.clock;
    this.#admit = options.admit;
    this.#refuse = options.refuse;
    this.#tokens = options.burst;
    this.#at = options.clock.mono();
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Handshakes a second, now. */
  get rate(): number {
    return this.#rate.value;
  }

  /** @param since when it came, by the clock's `mono`: now, if not given */
  arrive(socket: Socket, since?: number): void {
    if (this.#waiting.length >= this.#room()) {
      this.#refuse(socket);
      return;
    }
    const now = this.#clock.mono();
    if (this.#waiting.length === 0) this.#begin(now);
    this.#waiting.push({ socket, since: since ?? now });
    // Behind those who wait already it is served in its turn.
    if (!this.#timer) this.#serve(Number.POSITIVE_INFINITY);
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    for (const { socket } of this.#waiting.splice(0)) socket.destroy();
  }

  #perSecond(): number {
    return Math.min(this.#rate.value, this.#managed);
  }

  /** So many may wait. */
  #room(): number {
    return Math.max(FEW, Math.floor((this.#perSecond() * LONGEST_WAIT_MS) / 1000));
  }

  /** For handshakes that begin now. */
  #places(now: number): number {
    if (this.#late <= LATE_MS) return Number.POSITIVE_INFINITY;
    return Math.max(UNDER_WAY, (this.#perSecond() * UNDER_WAY_MS) / 1000) - this.#underWay.count(now);
  }

  #begin(now: number): void {
    this.#stretchAt = now;
    this.#admitted = 0;
  }

  #serve(mostCredit: number): void {
    const now = this.#clock.mono();
    const passed = Math.min(now - this.#at, mostCredit);
    this.#tokens = Math.min(this.#burst, this.#tokens + (passed * this.#rate.value) / 1000);
    this.#at = now;
    let free = Math.min(this.#tokens, this.#places(now));
    while (this.#waiting.length > 0 && free >= 1) {
      const { socket, since } = this.#waiting.shift()!;
      if (socket.destroyed) continue;
      if (now - since > GIVEN_UP_MS) {
        this.#refuse(socket);
        continue;
      }
      free -= 1;
      this.#tokens -= 1;
      this.#admitted++;
      this.#admit(socket);
    }
    if (this.#waiting.length === 0) {
      this.#rate.rest(now);
      this.#managed = Number.POSITIVE_INFINITY;
      this.#late = 0;
      return;
    }
    const stretch = now - this.#stretchAt;
    if (stretch >= STRETCH_MS) {
      this.#managed = (this.#admitted * 1000) / stretch;
      this.#begin(now);
      // It is slower than it was thought to be: the last ones would wait for nothing.
      for (const { socket } of this.#waiting.splice(this.#room())) this.#refuse(socket);
    }
    const due = now + TURN_MS;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const at = this.#clock.mono();
      this.#late = at - due;
      this.#rate.felt(this.#late, at);
      this.#serve(MOST_CREDIT_MS);
    }, TURN_MS);
  }
}
