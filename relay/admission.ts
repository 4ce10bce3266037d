import type { Socket } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import type { HandshakeRate } from './handshake-rate.ts';

/** Clients give up in 15 s: who would wait longer than this is better told so at once, ms. */
const LONGEST_WAIT_MS = 10_000;
/** So many may wait however slow it goes. */
const FEW = 500;
/** How often those who wait are looked at, ms. */
const TURN_MS = 10;
/** A turn that comes late lets in no more than this time's worth, ms: making up for it would make the next one late too. */
const MOST_CREDIT_MS = 50;

/**
 * Lets new connections through to the TLS handshake at the rate there is CPU for: a handshake costs 1.5 ms of it, and ten
 * thousand collectors come back at once. The others wait unread, in the order they came, up to a bound.
 */
export class Admission {
  readonly #rate: HandshakeRate;
  readonly #burst: number;
  readonly #clock: Clock;
  readonly #admit: (socket: Socket) => void;
  readonly #refuse: (socket: Socket) => void;
  readonly #waiting: Socket[] = [];
  #tokens: number;
  #at: number;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: {
    rate: HandshakeRate;
    burst: number;
    clock: Clock;
    admit: (socket: Socket) => void;
    refuse: (socket: Socket) => void;
  }) {
    this.#rate = options.rate;
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

  arrive(socket: Socket): void {
    if (this.#waiting.length >= Math.max(FEW, (this.#rate.value * LONGEST_WAIT_MS) / 1000)) {
      this.#refuse(socket);
      return;
    }
    this.#waiting.push(socket);
    // Behind those who wait already it is served in its turn.
    if (!this.#timer) this.#serve(Number.POSITIVE_INFINITY);
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  #serve(mostCredit: number): void {
    const now = this.#clock.mono();
    const passed = Math.min(now - this.#at, mostCredit);
    this.#tokens = Math.min(this.#burst, this.#tokens + (passed * this.#rate.value) / 1000);
    this.#at = now;
    while (this.#waiting.length > 0 && this.#tokens >= 1) {
      const socket = this.#waiting.shift()!;
      if (socket.destroyed) continue;
      this.#tokens -= 1;
      this.#admit(socket);
    }
    if (this.#waiting.length === 0) {
      this.#rate.rest(now);
      return;
    }
    const due = now + TURN_MS;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const at = this.#clock.mono();
      this.#rate.felt(at - due, at);
      this.#serve(MOST_CREDIT_MS);
    }, TURN_MS);
  }
}
