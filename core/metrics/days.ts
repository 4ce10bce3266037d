import { WINDOW_MS } from './head.ts';

export const DAY_MS = 86_400_000;

/** The day of an instant, as a number of days since the epoch. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}

export function windowOf(time: number): number {
  return Math.floor(time / WINDOW_MS) * WINDOW_MS;
}

export function dayFile(day: number): string {
  return `day-${new Date(day * DAY_MS).toISOString().slice(0, 10)}.db`;
}

/** The day a file is for, or null if it is no day's file. */
export function dayOfFile(name: string): number | null {
  const found = /^day-(\d{4}-\d\d-\d\d)\.db$/.exec(name);
  return found ? dayOf(Date.parse(found[1]!)) : null;
}

/** Which series a day has, one bit each. */
export class SeriesBits {
  bytes: Uint8Array;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.bytes = bytes;
  }

  add(id: number): void {
    const at = id >>> 3;
    if (at >= this.bytes.length) {
      const grown = new Uint8Array(Math.max(at + 1, this.bytes.length * 2, 64));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes[at]! |= 1 << (id & 7);
  }

  has(id: number): boolean {
    return ((this.bytes[id >>> 3] ?? 0) & (1 << (id & 7))) !== 0;
  }
}
