/** Times whose varint has six bytes. */
const FIRST_PLAIN = 2 ** 35;
const FIRST_LONGER = 2 ** 42;
const LOW = 2 ** 28;

/** Whether a time, ms, has six bytes as a varint: every one from 1971 to 2109. */
export function isPlain(time: number): boolean {
  return time >= FIRST_PLAIN && time < FIRST_LONGER;
}

/**
 * Key and varint of a plain time, seven bytes, as two words, low byte first, that overlap in the fourth byte: the first goes to where the key
 * stands, the second three bytes behind it.
 */
export function stampWords(time: number): readonly [first: number, second: number] {
  const low = time % LOW;
  const high = Math.floor(time / LOW);
  const third = ((low >>> 14) & 127) | 128;
  const first = 0x10 | (((low & 127) | 128) << 8) | ((((low >>> 7) & 127) | 128) << 16) | (third << 24);
  const second = third | ((((low >>> 21) & 127) | 128) << 8) | (((high & 127) | 128) << 16) | ((high >>> 7) << 24);
  return [first, second];
}

/** Key and varint of a time, ms; below zero as ten bytes of two's complement. */
export function stampOf(time: number): Uint8Array {
  const bytes = [0x10];
  if (time >= 0) {
    let rest = time;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
    bytes.push(rest);
  } else {
    let left = BigInt.asUintN(64, BigInt(time));
    for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
    bytes.push(Number(left));
  }
  return Uint8Array.from(bytes);
}
