import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BackOff } from '../../collector/core/uplink/back-off.ts';
import { Admission } from '../../relay/admission.ts';
import { HandshakeRate } from '../../relay/handshake-rate.ts';
import { UnderWay } from '../../relay/under-way.ts';
import { seededRandom } from '../../simulator/random.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const HOSTS = 10_000;
const STEP_MS = 10;
/** As collectors do. */
const GIVES_UP_MS = 15_000;
/** The relay is killed at 0; its port is open, and its journal read. */
const OPEN_MS = 800;
const READY_MS = 2100;
/** As the relay's configuration has it unless told otherwise. */
const LIMITS = { start: 400, least: 100, most: 5000, delayMs: 150 };

/**
 * A storm in a time of its own: the relay's admission and the collectors' back-off as they are, and between them nothing but what a
 * handshake costs. A machine that others keep busy has no part in it.
 */
class Storm {
  time = 0;
  back = 0;
  gaveUp = 0;
  /** Nobody waited, and not everybody was back, ms from when the relay was ready on. */
  idle = 0;
  #step = 0;
  readonly #due = new Map<number, number[]>();
  readonly #hosts: BackOff[];
  readonly #numbers = new WeakMap<Socket, { host: number; since: number }>();
  readonly #admission: Admission;

  constructor(costMs: number, seed: number) {
    const random = seededRandom(seed);
    const bytes = (into: Uint8Array): void => {
      for (let at = 0; at < into.length; at++) into[at] = random() * 256;
    };
    this.#hosts = Array.from({ length: HOSTS }, () => new BackOff({ baseMs: 1000, capMs: 60_000, random: bytes }));
    this.#admission = new Admission({
      rate: new HandshakeRate(LIMITS, 0),
      underWay: new UnderWay(),
      burst: 50,
      clock: { now: () => this.time, mono: () => this.time },
      admit: (socket) => {
        const { host, since } = this.#numbers.get(socket)!;
        if (this.time - since > GIVES_UP_MS) {
          this.time += costMs / 2;
          this.gaveUp++;
          this.#comeAgain(host, since + GIVES_UP_MS, false);
          return;
        }
        this.time += costMs;
        this.back++;
      },
      refuse: (socket) => this.#comeAgain(this.#numbers.get(socket)!.host, this.time, true),
    });
    for (let host = 0; host < HOSTS; host++) this.#comeAgain(host, 0, false);
  }

  #comeAgain(host: number, from: number, refused: boolean): void {
    const at = Math.max(this.#step, Math.ceil((from + this.#hosts[host]!.next(0, refused)) / STEP_MS));
    this.#due.set(at, [...(this.#due.get(at) ?? []), host]);
  }

  /** Until all are back. @returns when, ms */
  run(withinMs: number): number {
    const early: Socket[] = [];
    while (this.back < HOSTS && this.time < withinMs) {
      this.time += STEP_MS;
      while (this.#step * STEP_MS <= this.time) {
        const at = this.#step++;
        for (const host of this.#due.get(at) ?? []) this.#knock(host, at * STEP_MS, early);
        this.#due.delete(at);
      }
      if (this.time < READY_MS) continue;
      for (const socket of early.splice(0)) this.#admission.arrive(socket, this.#numbers.get(socket)!.since);
      if (this.#admission.waiting === 0) this.idle += STEP_MS;
      if (vi.getTimerCount() > 0) vi.advanceTimersToNextTimer();
    }
    return this.time;
  }

  #knock(host: number, at: number, early: Socket[]): void {
    const socket = Object.assign(new EventEmitter(), { destroyed: false }) as unknown as Socket;
    this.#numbers.set(socket, { host, since: at });
    if (at < OPEN_MS || (at < READY_MS && early.length >= 10 * LIMITS.start)) {
      this.#comeAgain(host, at, true);
    } else if (at < READY_MS) early.push(socket);
    else this.#admission.arrive(socket, at);
  }
}

test.each([1.2, 2, 2.5])(
  'ten thousand hosts are back when their handshakes of %d ms are done, and hardly later',
  (costMs) => {
    for (const seed of [1, 2, 3]) {
      const storm = new Storm(costMs, seed);
      const after = storm.run(120_000);
      expect(storm.back).toBe(HOSTS);
      expect(storm.gaveUp).toBe(0);
      expect(after).toBeLessThan(30_000);
      // The event loop's own pauses are 10 ms a turn; nearly all the time there is somebody to serve.
      expect(storm.idle).toBeLessThan(500);
    }
  },
);
