import type { Host } from '../host.ts';

/**
 * What a followed file is, whatever its name is now. `id` is random, given when a file (or, after a truncation, a new
 * generation of it) is first seen, and kept over restarts; device, inode and fingerprint are how it is found again.
 */
export interface FileIdentity {
  readonly id: string;
  /** The name it had last. */
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  /** hashWindow of the first `fingerprintBytes` bytes (0 to FINGERPRINT_BYTES: it grows with what was read). */
  readonly fingerprint: string;
  readonly fingerprintBytes: number;
  /** When it had been written last as it was seen first, ms; missing in what an older version kept. */
  readonly seen?: number;
}

/** A place in a file that can be proven: the hash of the (up to ANCHOR_BYTES) bytes before `offset`. */
export type Anchor = readonly [offset: number, hash: string];

export const FINGERPRINT_BYTES = 1024;
export const ANCHOR_BYTES = 64;

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;

/**
 * 16 hex digits over bytes[from, to). These hashes are written to disk, so digits that could be a card number (runs of 13
 * and more, single spaces and dashes between them, and every run that a window's edge cuts) are blanked first: otherwise
 * the masked line and the hash together would let somebody search for the number.
 */
export function hashWindow(host: Host, bytes: Uint8Array, from: number, to: number): string {
  const window = bytes.slice(from, to);
  let at = 0;
  while (at < window.length) {
    if (!isDigit(window[at]!)) {
      at++;
      continue;
    }
    let end = at;
    let digits = 0;
    while (end < window.length) {
      if (isDigit(window[end]!)) digits++;
      else if (!((window[end] === 32 || window[end] === 45) && end + 1 < window.length && isDigit(window[end + 1]!)))
        break;
      end++;
    }
    if (digits >= 13 || at === 0 || end === window.length) {
      for (let i = at; i < end; i++) if (isDigit(window[i]!)) window[i] = 48;
    }
    at = end;
  }
  const digest = host.sha256(window);
  let text = '';
  for (let i = 0; i < 8; i++) text += digest[i]!.toString(16).padStart(2, '0');
  return text;
}

export function newFileId(host: Host): string {
  const bytes = new Uint8Array(8);
  host.random(bytes);
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
