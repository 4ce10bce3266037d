import type { Socket } from 'node:net';
import type { Clock } from '../lib/clock.ts';

/**
 * Lets new connections through to the TLS handshake at a measured rate: a handshake costs 1.5 ms of CPU, and ten
 * thousand collectors come back at once. The others wait unread, in the order they came, up to a bound.
 */
export class Admission {
  readonly #rate: number;
  readonly #burst: number;
  readonly #clock: Clock;
  readonly #admit: (socket: Socket) => void;
  readonly #refuse: (socket: Socket) => void;
  readonly #waiting: Socket[] = [];
  #tokens: number;
  #at: number;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: {
    rate: number;
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

  arrive(socket: Socket): void {
    // As many as can be served in half a minute; the rest would time out anyway.
    if (this.#waiting.length > this.#rate * 30) {
      this.#refuse(socket);
      return;
    }
    this.#waiting.push(socket);
    this.#serve();
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  #serve(): void {
    const now = this.#clock.mono();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) * this.#rate) / 1000);
    this.#at = now;
    while (this.#waiting.length > 0 && this.#tokens >= 1) {
      const socket = this.#waiting.shift()!;
      if (socket.destroyed) continue;
      this.#tokens -= 1;
      this.#admit(socket);
    }
    if (this.#waiting.length > 0 && !this.#timer) {
      this.#timer = setTimeout(
        () => {
          this.#timer = null;
          this.#serve();
        },
        Math.max(5, 1000 / this.#rate),
      );
    }
  }
}
