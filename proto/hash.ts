import { malformed, unwritable } from './wire-error.ts';

/** A definition's name: the first 16 bytes of SHA-256 of its bytes as sent, as 32 lowercase hex digits. */
export type Hash = string;
/** A collector's life: 4 bytes counter (big endian), 8 random bytes, as 24 lowercase hex digits. */
export type Boot = string;

/** Lowercase hex of bytes [from, to); left out, of all of them. */
export type HexText = (bytes: Uint8Array, from?: number, to?: number) => string;

export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export const HASH_BYTES = 16;
export const BOOT_BYTES = 12;

const DIGITS = '0123456789abcdef';
const PAIRS: string[] = [];
for (let i = 0; i < 256; i++) PAIRS.push(DIGITS[i >> 4]! + DIGITS[i & 15]!);

/** Lowercase hex of bytes [from, to); left out, of all of them. */
export function hex(bytes: Uint8Array, from = 0, to: number = bytes.length): string {
  let text = '';
  for (let i = from; i < to; i++) text += PAIRS[bytes[i]!]!;
  return text;
}

/** Bytes of hex text of exactly `length` bytes. @throws HG_WIRE_VALUE */
export function unhex(text: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  unhexInto(bytes, 0, text, length);
  return bytes;
}

/** The same, written to `into` at `at`. @throws HG_WIRE_VALUE */
export function unhexInto(into: Uint8Array, at: number, text: string, length: number): void {
  if (text.length !== length * 2) throw unwritable(`${length * 2} hex digits wanted, got ${text.length} characters`);
  for (let i = 0; i < length; i++) {
    into[at + i] = (digit(text.charCodeAt(i * 2)) << 4) | digit(text.charCodeAt(i * 2 + 1));
  }
}

function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  throw unwritable('not a hex digit', { code });
}

/** The 16 bytes of a hash in text form. @throws HG_WIRE_VALUE */
export function hashBytes(hash: Hash): Uint8Array {
  return unhex(hash, HASH_BYTES);
}

/** The text form of 16 bytes. @throws HG_WIRE_MALFORMED for another length */
export function hashText(bytes: Uint8Array): Hash {
  if (bytes.length !== HASH_BYTES) throw malformed(`a hash of ${bytes.length} bytes`);
  return hex(bytes);
}

/** The name of a definition: what it must be called by everybody. */
export function hashOf(content: Uint8Array, sha256: Sha256): Hash {
  return hex(sha256(content).subarray(0, HASH_BYTES));
}

export function bootBytes(boot: Boot): Uint8Array {
  return unhex(boot, BOOT_BYTES);
}

/** A boot from its counter (u32) and 8 random bytes. */
export function makeBoot(counter: number, random: Uint8Array): Boot {
  const bytes = new Uint8Array(BOOT_BYTES);
  new DataView(bytes.buffer).setUint32(0, counter);
  bytes.set(random.subarray(0, 8), 4);
  return hex(bytes);
}

/** The counter part of a boot. */
export function bootCounter(boot: Boot): number {
  return Number.parseInt(boot.slice(0, 8), 16);
}
