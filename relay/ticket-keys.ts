import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../lib/log.ts';
import type { Counter, Registry } from '../lib/metrics.ts';

/** Of one key, as tls.Server takes it: 16 bytes of name, which stand open in each ticket, and two secrets. */
export const KEY_BYTES = 48;
export const NAME_BYTES = 16;
const DAY_MS = 86_400_000;

/** How long a ticket may be used: as long as its key is kept, at most. In s, for tls.Server. */
export const TICKET_SECONDS = (2 * DAY_MS) / 1000;

/** Where they are kept in a relay's own folder. */
export function ticketKeyFile(folder: string): string {
  return join(folder, 'ticket-keys.json');
}

/** What a TLS port needs of them. */
export interface TicketKeySource {
  /** What new tickets are sealed with. */
  readonly current: Buffer;
  /** What the tickets of the day before were sealed with; null: there is none. */
  readonly previous: Buffer | null;
  /** Whether a ticket whose key has this name was sealed with the key before the current one. */
  isPrevious(name: Uint8Array): boolean;
  /** Called now and then, and with every change of the authority's certificates. @returns whether keys changed */
  renew(authority: Uint8Array): boolean;
}

export interface Kept {
  readonly version: 1;
  /** SHA-256 of the authority's certificates: a ticket stands for a certificate that was checked against these. */
  readonly ca: string;
  /** The newest first, two at most. `made` in ms since the epoch. */
  readonly keys: readonly { readonly made: number; readonly key: string }[];
}

/**
 * The keys that TLS session tickets are sealed with. They live in a file that only this user may read, so that the tickets
 * of ten thousand hosts are good after a restart, when all of them come back at once. A key is used for a day and kept for
 * another. A ticket comes only with a full handshake, so hosts that were connected for longer than that come back by full
 * handshakes. With other certificates of the authority all of them are new, because a ticket is not checked against those again.
 */
export class TicketKeys implements TicketKeySource {
  readonly #path: string;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #failed: Counter;
  /** The file has not these keys yet: its last writing failed. */
  #unwritten = false;
  #kept: Kept;

  constructor(options: { path: string; ca: Uint8Array; now: () => number; log: Logger; metrics: Registry }) {
    this.#path = options.path;
    this.#log = options.log;
    this.#now = options.now;
    this.#failed = options.metrics.counter(
      'heliograph_relay_ticket_key_write_failures_total',
      'Times that the file of ticket keys could not be written; tried again every time that certificates are looked at.',
    );
    this.#failed.inc({}, 0);
    this.#kept = readTicketKeys(this.#path, this.#log) ?? { version: 1, ca: '', keys: [] };
    this.renew(options.ca);
  }

  get current(): Buffer {
    return Buffer.from(this.#kept.keys[0]!.key, 'base64');
  }

  get previous(): Buffer | null {
    const before = this.#kept.keys[1];
    return before ? Buffer.from(before.key, 'base64') : null;
  }

  isPrevious(name: Uint8Array): boolean {
    return this.previous?.subarray(0, NAME_BYTES).equals(name) ?? false;
  }

  /** Makes what is due, and writes what could not be written before. */
  renew(caBytes: Uint8Array): boolean {
    const now = this.#now();
    const ca = authorityHash(caBytes);
    // A clock that was set back must not keep a key for ever.
    const keys = ca === this.#kept.ca ? this.#kept.keys.filter(({ made }) => Math.abs(now - made) < 2 * DAY_MS) : [];
    const newest = keys[0];
    const fresh = newest !== undefined && Math.abs(now - newest.made) < DAY_MS;
    if (fresh && keys.length === this.#kept.keys.length) {
      if (this.#unwritten) this.#write();
      return false;
    }
    const made = fresh ? [] : [{ made: now, key: randomBytes(KEY_BYTES).toString('base64') }];
    this.#kept = { version: 1, ca, keys: [...made, ...keys].slice(0, 2) };
    this.#write();
    return true;
  }

  #write(): void {
    try {
      const file = openSync(`${this.#path}.new`, 'w', 0o600);
      try {
        writeSync(file, JSON.stringify(this.#kept));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(`${this.#path}.new`, this.#path);
    } catch (error) {
      this.#failed.inc();
      // Told once: it is tried again every few seconds.
      if (!this.#unwritten)
        this.#log.error(
          'the ticket keys cannot be written; tickets end with this process, and other workers do not take them, until it succeeds',
          { file: this.#path, error: String(error) },
        );
      this.#unwritten = true;
      return;
    }
    if (this.#unwritten) this.#log.info('the ticket keys are written again', { file: this.#path });
    this.#unwritten = false;
  }
}

/** Tells the authorities' certificates from others. */
export function authorityHash(certificates: Uint8Array): string {
  return createHash('sha256').update(certificates).digest('hex');
}

/** The keys of a file; null: there are none that can be used, and the log says why. */
export function readTicketKeys(path: string, log: Logger): Kept | null {
  const { mode } = statSync(path, { throwIfNoEntry: false }) ?? {};
  if (mode === undefined) return null;
  try {
    // Who has the keys can say to be any host.
    if ((mode & 0o077) !== 0) throw new Error('others than its owner may read it');
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Kept;
    const good = kept.version === 1 && kept.keys.every(({ key }) => Buffer.from(key, 'base64').length === KEY_BYTES);
    if (!good) throw new Error('it is of another form');
    return kept;
  } catch (error) {
    log.warn('the ticket keys cannot be used; new ones are made, and every handshake is a full one once', {
      file: path,
      error: String(error),
    });
    return null;
  }
}
