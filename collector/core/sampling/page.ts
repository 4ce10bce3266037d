import { BasePolicy } from '../../../proto/base-policy.ts';
import { type Hash, hashOf } from '../../../proto/hash.ts';
import { encodePage } from '../../../proto/page.ts';
import type { Host } from '../host.ts';
import { compareSlots, type Slot } from './series-table.ts';

/** Prometheus' marker of a series that ended: a NaN with these bits, moved as bytes and never through arithmetic. */
const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 2;

/** Up to 256 series that travel together, and the rows of them that wait for a frame. */
export class Page {
  readonly slots: readonly Slot[];
  readonly bytes: Uint8Array;
  readonly hash: Hash;
  readonly policy: BasePolicy = new BasePolicy();
  /** The base row in use. */
  base: { readonly hash: Hash; readonly values: Float64Array } | null = null;
  /** Rows gathered: row-major, `instants` of them. */
  instants = 0;
  /** Their times, ms since the epoch. */
  readonly #times: Float64Array;
  #values: Float64Array;
  #words: Uint32Array;
  #present: Uint8Array;
  #absent = 0;
  /** The last real value of each series, for the base row. */
  readonly #last: Float64Array;
  /** 1: the series was there at the last instant, so its end is to be marked. */
  readonly #alive: Uint8Array;

  /** @throws HG_WIRE_LABEL, HG_WIRE_LIMIT if a series cannot stand in a page */
  constructor(host: Host, slots: readonly Slot[], instants: number) {
    this.slots = [...slots].sort(compareSlots);
    this.bytes = encodePage(this.slots.map((slot) => slot.series));
    this.hash = hashOf(this.bytes, host.sha256);
    const n = this.slots.length;
    this.#times = new Float64Array(instants);
    this.#values = new Float64Array(n * instants);
    this.#words = new Uint32Array(this.#values.buffer);
    this.#present = new Uint8Array(n * instants);
    this.#last = new Float64Array(n);
    this.#alive = new Uint8Array(n);
    for (const slot of this.slots) slot.page = this;
  }

  get size(): number {
    return this.slots.length;
  }

  /** Takes the page this one replaces over: what was alive there and is not here any more needs no mark, its slot moved. */
  inherit(from: Page): void {
    const places = new Map(from.slots.map((slot, i) => [slot, i]));
    for (let i = 0; i < this.slots.length; i++) {
      const place = places.get(this.slots[i]!);
      if (place !== undefined) this.#alive[i] = from.#alive[place]!;
    }
  }

  /**
   * Adds a row of the collection `tick`; true if anything is in it.
   * @param time its instant, after those of the rows before
   * @param endsAbsent a series that is not in the row has ended; without that one ends where its slot says so
   */
  addRow(tick: number, time: number, endsAbsent = true): boolean {
    const n = this.slots.length;
    const at = this.instants * n;
    let there = 0;
    for (let i = 0; i < n; i++) {
      const slot = this.slots[i]!;
      if (slot.tick === tick) {
        this.#values[at + i] = slot.value;
        this.#last[i] = slot.value;
        this.#present[at + i] = 1;
        this.#alive[i] = 1;
        there++;
      } else if (this.#alive[i] === 1 && (endsAbsent || slot.ended === tick)) {
        this.#words[(at + i) * 2] = STALE_LOW;
        this.#words[(at + i) * 2 + 1] = STALE_HIGH;
        this.#present[at + i] = 1;
        this.#alive[i] = 0;
        there++;
      } else {
        this.#values[at + i] = 0;
        this.#present[at + i] = 0;
      }
    }
    if (there === 0 && this.instants === 0) return false;
    this.#absent += n - there;
    this.#times[this.instants] = time;
    this.instants++;
    return true;
  }

  /** Samples in the gathered rows. */
  get samples(): number {
    return this.instants * this.slots.length - this.#absent;
  }

  get times(): Float64Array {
    return this.#times.subarray(0, this.instants);
  }

  /** No row more has room before these are in a frame. */
  get full(): boolean {
    return this.instants === this.#times.length;
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.instants * this.slots.length);
  }

  get present(): Uint8Array | null {
    return this.#absent === 0 ? null : this.#present.subarray(0, this.instants * this.slots.length);
  }

  /** A copy of the last real values: what a new base row holds. */
  lastValues(): Float64Array {
    return this.#last.slice();
  }

  /** The rows are in a frame. */
  clear(): void {
    this.instants = 0;
    this.#absent = 0;
  }
}
