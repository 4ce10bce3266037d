import { isRecord } from './cbor-map.ts';
import { BOOT_BYTES, type Boot, type Hash, hashText } from './hash.ts';
import { LIMITS } from './limits.ts';
import { malformed, overLimit } from './wire-error.ts';

/** Takes a decoded map apart, field by field, and refuses what has another type than it should. */
export class Fields {
  readonly #map: Readonly<Record<string, unknown>>;
  readonly #what: string;

  constructor(value: unknown, what: string) {
    if (!isRecord(value)) throw malformed(`${what} is a map`);
    this.#map = value;
    this.#what = what;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#map, name) && this.#map[name] !== undefined && this.#map[name] !== null;
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#map, name) ? this.#map[name] : undefined;
  }

  #wrong(name: string, wanted: string): Error {
    return malformed(`${name} of ${this.#what} is ${wanted}`);
  }

  text(name: string): string {
    const value = this.#get(name);
    if (typeof value !== 'string') throw this.#wrong(name, 'a text');
    if (value.length > LIMITS.labelBytes) throw overLimit(name, value.length, LIMITS.labelBytes);
    return value;
  }

  number(name: string): number {
    const value = this.#get(name);
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.#wrong(name, 'a finite number');
    return value;
  }

  /** A whole number from 0. */
  count(name: string): number {
    const value = this.number(name);
    if (!Number.isSafeInteger(value) || value < 0) throw this.#wrong(name, 'a whole number from 0');
    return value;
  }

  boot(name: string): Boot {
    const value = this.text(name);
    if (value.length !== BOOT_BYTES * 2 || !/^[0-9a-f]+$/.test(value)) throw this.#wrong(name, '24 hex digits');
    return value;
  }

  record(name: string): Record<string, unknown> {
    const value = this.#get(name);
    if (!isRecord(value)) throw this.#wrong(name, 'a map');
    return value;
  }

  optionalRecord(name: string): Record<string, unknown> | null {
    return this.has(name) ? this.record(name) : null;
  }

  list(name: string, max: number): unknown[] {
    const value = this.#get(name);
    if (!Array.isArray(value)) throw this.#wrong(name, 'a list');
    if (value.length > max) throw overLimit(name, value.length, max);
    return value;
  }

  hashes(name: string): Hash[] {
    return this.list(name, LIMITS.hashes).map((item) => {
      if (!(item instanceof Uint8Array)) throw this.#wrong(name, 'a list of byte strings');
      return hashText(item);
    });
  }

  /** Closed intervals of whole numbers, ascending and apart. */
  ranges(name: string): [number, number][] {
    let last = -1;
    return this.list(name, LIMITS.hashes).map((item) => {
      const pair: unknown[] = Array.isArray(item) ? item : [];
      const [from, to] = pair;
      if (pair.length !== 2 || !isCount(from) || !isCount(to) || from <= last || to < from) {
        throw this.#wrong(name, 'a list of ascending [from, to]');
      }
      last = to;
      return [from, to];
    });
  }
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
