import { createHash } from 'node:crypto';

/** A client's own name for a request, and of which bytes it is the name. */
export interface RequestKey {
  /** The idempotency key as it came. */
  readonly text: string;
  /** Of the body, unpacked: 128 bits of SHA-256 in base64url. */
  readonly digest: string;
  /** When it came under this key first, as far as this process knows, ms since the epoch: what a retry is judged by, too. */
  readonly first: number;
}

const DIGEST_BYTES = 16;

/** The key of a request with this body. @param first ms since the epoch */
export function requestKey(text: string, bytes: Uint8Array, first: number): RequestKey {
  return { text, digest: createHash('sha256').update(bytes).digest().toString('base64url', 0, DIGEST_BYTES), first };
}
