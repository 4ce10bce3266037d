import { createHash } from 'node:crypto';
import type { JournalFiles } from '../../lib/journal/contract.ts';
import type { Logger } from '../../lib/log.ts';
import { KeyLog } from './key-log.ts';
import type { FrameName } from './line-frames.ts';

/** What is known of a request by its key. */
export interface KeyedRequest {
  /** When it came first, ms since the epoch. */
  readonly time: number;
  /** Of the frames with its lines, in the order of its bodies: a repeat has the same, however far the first try came. */
  readonly names: readonly FrameName[];
  /** Resolves when the names are durable: no frame may have one before. */
  readonly named: Promise<void>;
  /** All of it is in the journal. */
  done: boolean;
}

/** One line of the file: a request that is named, or one that is done. */
interface Entry {
  readonly k: string;
  readonly t: number;
  readonly n?: readonly FrameName[];
  readonly d?: 1;
}

export interface DoorKeysOptions {
  readonly files: JournalFiles;
  readonly path: string;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
  /** Keys at a time. */
  readonly most?: number;
}

const NAMED = Promise.resolve();
const MOST = 100_000;
/** Names of frames of all of them: a request may be for a thousand hosts. */
const MOST_NAMES = 300_000;
/** As long as the core remembers them, ms. */
const KEPT_MS = 86_400_000;
/** A smaller file is not written anew, and a larger one when most of it is of the past. */
const LEAST_BYTES = 4 * 1024 * 1024;

/**
 * Requests that came with an idempotency key, over restarts. Before a line of one is journalled it is durable here under which names its frames will stand: whenever it comes
 * again, after an error, a kill or while it is still under way, its frames have the same names, and what is there already is known by them.
 */
export class DoorKeys {
  readonly #options: DoorKeysOptions;
  readonly #log: KeyLog;
  /** The oldest first. */
  readonly #known = new Map<string, KeyedRequest>();
  #names = 0;
  /** Bytes of the file at which it is written anew. */
  #limit = LEAST_BYTES * 2;
  #shrinking: Promise<void> | null = null;

  private constructor(options: DoorKeysOptions, log: KeyLog) {
    this.#options = options;
    this.#log = log;
  }

  static async open(options: DoorKeysOptions): Promise<DoorKeys> {
    const { log, values, torn } = await KeyLog.open(options.files, options.path);
    if (torn > 0)
      options.log.warn('lines of the idempotency keys cannot be read', { 'file.path': options.path, lines: torn });
    const keys = new DoorKeys(options, log);
    for (const { k, t, n, d } of values as Entry[]) {
      const known = keys.#known.get(k);
      const done = d === 1 || known?.done === true;
      keys.#enter(k, { time: known?.time ?? t, names: n ?? known?.names ?? [], named: NAMED, done });
    }
    keys.#forget();
    return keys;
  }

  get size(): number {
    return this.#known.size;
  }

  find(client: string, key: string): KeyedRequest | undefined {
    const known = this.#known.get(digestOf(client, key));
    return known && this.#isOld(known) ? undefined : known;
  }

  /** Resolves when it is durable. @throws HeliographError HG_JOURNAL_DISK */
  async name(client: string, key: string, names: readonly FrameName[]): Promise<void> {
    const digest = digestOf(client, key);
    const time = this.#known.get(digest)?.time ?? this.#options.now();
    const named = this.#log.append({ k: digest, t: time, n: names } satisfies Entry);
    const request: KeyedRequest = { time, names, named, done: false };
    // At once: it may come again before it is written.
    this.#enter(digest, request);
    try {
      await named;
    } catch (error) {
      if (this.#known.get(digest) === request) this.#drop(digest, request);
      throw error;
    }
    this.#forget();
  }

  /** All of the request is in the journal. It is written soon: if a kill is sooner, the names of its frames tell as much. */
  done(client: string, key: string): void {
    const digest = digestOf(client, key);
    const known = this.#known.get(digest);
    if (known?.done) return;
    const request = known ?? { time: this.#options.now(), names: [], named: NAMED, done: true };
    request.done = true;
    if (!known) this.#enter(digest, request);
    this.#log.append({ k: digest, t: request.time, d: 1 } satisfies Entry).catch((error: unknown) => {
      this.#options.log.warn('an idempotency key is remembered until a restart only', {
        'error.message': String(error),
      });
    });
    this.#forget();
  }

  async close(): Promise<void> {
    await this.#shrinking;
    await this.#log.close();
  }

  #enter(digest: string, request: KeyedRequest): void {
    const before = this.#known.get(digest);
    if (before) this.#drop(digest, before);
    this.#known.set(digest, request);
    this.#names += request.names.length;
  }

  #drop(digest: string, { names }: KeyedRequest): void {
    this.#known.delete(digest);
    this.#names -= names.length;
  }

  #isOld({ time }: KeyedRequest): boolean {
    return this.#options.now() - time > KEPT_MS;
  }

  #forget(): void {
    const { most = MOST, log } = this.#options;
    for (const [digest, request] of this.#known) {
      if (this.#known.size <= most && this.#names <= MOST_NAMES && !this.#isOld(request)) break;
      this.#drop(digest, request);
    }
    if (this.#shrinking || this.#log.bytes < this.#limit) return;
    this.#shrinking = this.#log
      .replace(this.#entries())
      .then(() => {
        this.#limit = Math.max(LEAST_BYTES, this.#log.bytes) * 2;
      })
      .catch((error: unknown) => {
        // Not with each request again.
        this.#limit = this.#log.bytes + LEAST_BYTES;
        log.warn('the idempotency keys cannot be written anew', { 'error.message': String(error) });
      })
      .finally(() => {
        this.#shrinking = null;
      });
  }

  *#entries(): Generator<Entry> {
    for (const [k, { time, names, done }] of this.#known) yield { k, t: time, n: names, ...(done ? { d: 1 } : {}) };
  }
}

/** 128 bits of it. */
function digestOf(client: string, key: string): string {
  return createHash('sha256').update(client).update('\0').update(key).digest().toString('base64url', 0, 16);
}
