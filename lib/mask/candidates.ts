/** Places in bytes at which something may be that a mask covers, ascending. Its memory is used again. */
export class Candidates {
  places = new Int32Array(LEAST_PLACES);
  count = 0;

  add(place: number): void {
    if (this.count === this.places.length) {
      const more = new Int32Array(this.count * 2);
      more.set(this.places);
      this.places = more;
    }
    this.places[this.count++] = place;
  }

  clear(): void {
    this.count = 0;
    // What a line of nothing but `=` needed is not kept for ever.
    if (this.places.length > MOST_KEPT) this.places = new Int32Array(LEAST_PLACES);
  }
}

const LEAST_PLACES = 16;
const MOST_KEPT = 65_536;

/** Bytes at each of which something may be, if one of `before` stands before it; without `before` anything may, and nothing. One character a byte. */
export interface Trigger {
  readonly bytes: string;
  readonly before?: string | undefined;
}

/**
 * What a mask can be spared by: where its prefilter finds nothing, there is nothing that it covers. Triggers: it looks around each of these bytes. Parts: it
 * looks at stretches of `least` bytes or more of one class, a table of 256 with 1 for the bytes of the class.
 */
export type Prefilter =
  | { readonly triggers: readonly Trigger[] }
  | { readonly parts: Uint8Array; readonly least: number };

/** The candidates of one mask, looked for by itself and plainly: all triggers, whatever stands before them; and of parts one in `least` bytes, so that there is one in each stretch. */
export function candidatesOf(prefilter: Prefilter, bytes: Uint8Array, from: number, to: number): Candidates {
  const found = new Candidates();
  if ('parts' in prefilter) {
    const { parts, least } = prefilter;
    for (let at = from + least - 1; at < to; at += least) if (parts[bytes[at]!] === 1) found.add(at);
    return found;
  }
  const triggers = new Set(
    prefilter.triggers.flatMap((trigger) => [...trigger.bytes].map((byte) => byte.charCodeAt(0))),
  );
  for (let at = from; at < to; at++) if (triggers.has(bytes[at]!)) found.add(at);
  return found;
}

/**
 * Looks around each candidate that the look before did not go beyond.
 * @param look given the place; returns from where on to go on if it covered something, and -1 if not
 * @returns how many times it did
 */
export function eachTrigger({ places, count }: Candidates, look: (at: number) => number): number {
  let covered = 0;
  let next = 0;
  for (let i = 0; i < count; i++) {
    const at = places[i]!;
    if (at < next) continue;
    const end = look(at);
    if (end < 0) continue;
    covered++;
    next = end;
  }
  return covered;
}

/**
 * Looks at each longest stretch of parts in bytes[from, to) of the least length or more that a candidate stands in.
 * @param look given where it begins and ends; may change its bytes
 * @returns the sum of what `look` returned
 */
export function eachStretch(
  { parts, least }: { readonly parts: Uint8Array; readonly least: number },
  { places, count }: Candidates,
  bytes: Uint8Array,
  from: number,
  to: number,
  look: (start: number, end: number) => number,
): number {
  let sum = 0;
  let done = from;
  for (let i = 0; i < count; i++) {
    const at = places[i]!;
    // What an earlier mask covered is no part any more.
    if (at < done || parts[bytes[at]!] === 0) continue;
    let start = at;
    while (start > done && parts[bytes[start - 1]!] === 1) start--;
    let end = at + 1;
    while (end < to && parts[bytes[end]!] === 1) end++;
    if (end - start >= least) sum += look(start, end);
    done = end;
  }
  return sum;
}
