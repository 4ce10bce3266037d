import { randomBytes } from 'node:crypto';
import { changeDetector } from '../lib/file-watch.ts';
import type { Logger } from '../lib/log.ts';
import {
  authorityHash,
  KEY_BYTES,
  type Kept,
  NAME_BYTES,
  readTicketKeys,
  type TicketKeySource,
} from './ticket-keys.ts';

/**
 * Ticket keys that another process makes (TicketKeys of the supervisor): read anew when their file changes, never written.
 * So a ticket of one worker is good at all of them. Until there is a file for the authorities in use, tickets are sealed
 * with a key that nobody else has, and the handshake after them is a full one.
 */
export class FollowedTicketKeys implements TicketKeySource {
  readonly #path: string;
  readonly #log: Logger;
  readonly #own = randomBytes(KEY_BYTES);
  readonly #changed: () => boolean;
  #authority: string;
  #kept: Kept | null;

  constructor(path: string, authority: Uint8Array, log: Logger) {
    this.#path = path;
    this.#log = log;
    this.#authority = authorityHash(authority);
    this.#changed = changeDetector([path]);
    this.#kept = readTicketKeys(path, log);
  }

  get current(): Buffer {
    return this.#key(0) ?? this.#own;
  }

  get previous(): Buffer | null {
    return this.#key(1);
  }

  isPrevious(name: Uint8Array): boolean {
    return this.previous?.subarray(0, NAME_BYTES).equals(name) ?? false;
  }

  renew(authority: Uint8Array): boolean {
    const before = [this.current, this.previous];
    this.#authority = authorityHash(authority);
    if (this.#changed()) this.#kept = readTicketKeys(this.#path, this.#log);
    const now = [this.current, this.previous];
    return now.some((key, at) => (key ? !before[at]?.equals(key) : before[at] !== null));
  }

  /** One that was made for other authorities stands for a certificate that these did not check. */
  #key(at: number): Buffer | null {
    const kept = this.#kept?.ca === this.#authority ? this.#kept.keys[at] : undefined;
    return kept ? Buffer.from(kept.key, 'base64') : null;
  }
}
