/** Puts something else in the place of a secret, bytes[from, to), without changing the length. */
export type Cover = (bytes: Uint8Array, from: number, to: number) => void;

const STAR = 42;
const HASH_SIGN = 35;
const HEX = '0123456789abcdef';
/** A shorter hash would be the same for many. */
const SHORTEST_HASH = 9;
/** SHA-256's block, in bytes (RFC 2104). */
const BLOCK = 64;

/** Every byte becomes `*`: nothing of the secret can be had back. */
export const coverWithStars: Cover = (bytes, from, to) => {
  bytes.fill(STAR, from, to);
};

/**
 * A secret becomes `#` and the first hexadecimal digits of its HMAC-SHA-256 (RFC 2104) under a key, as many as there is room for, up to 16, then `*`: equal
 * secrets can be found to be equal, and only who has the key can try out what they were. What is too short for that becomes stars.
 */
export function coverWithHash(key: Uint8Array, sha256: (bytes: Uint8Array) => Uint8Array): Cover {
  const block = new Uint8Array(BLOCK);
  block.set(key.length > BLOCK ? sha256(key) : key);
  const inner = block.map((byte) => byte ^ 0x36);
  const outer = block.map((byte) => byte ^ 0x5c);
  const joined = (first: Uint8Array, second: Uint8Array) => {
    const both = new Uint8Array(first.length + second.length);
    both.set(first);
    both.set(second, first.length);
    return sha256(both);
  };
  return (bytes, from, to) => {
    if (to - from < SHORTEST_HASH) {
      coverWithStars(bytes, from, to);
      return;
    }
    const hash = joined(outer, joined(inner, bytes.slice(from, to)));
    const digits = Math.min(16, to - from - 1);
    bytes.fill(STAR, from, to);
    bytes[from] = HASH_SIGN;
    for (let i = 0; i < digits; i++) {
      const nibble = i % 2 === 0 ? hash[i >> 1]! >> 4 : hash[i >> 1]! & 15;
      bytes[from + 1 + i] = HEX.charCodeAt(nibble);
    }
  };
}
