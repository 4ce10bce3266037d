import { createHash } from 'node:crypto';
import type { RequestKey } from '../../lib/doors/request-key.ts';
import { otherContent } from '../../lib/doors/used-keys.ts';
import type { JournalFiles } from '../../lib/journal/contract.ts';
import type { Logger } from '../../lib/log.ts';
import { KeyLog } from './key-log.ts';
import type { FrameName } from './line-frames.ts';

/** What is known of a request by its key. */
export interface KeyedRequest {
  /** When it came first, ms since the epoch. */
  readonly time: number;
  /** Of its body. */
  readonly digest: string;
  /** Of the frames with its lines: a repeat has the same, however far the first try came. */
  readonly names: readonly FrameName[];
  /** All of it is in the journal. */
  done: boolean;
}

/** One line of the file: a request that is named, or one that is done. */
interface Entry {
  readonly k: string;
  readonly t: number;
  /** The digest of the body. */
  readonly b: string;
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
  /** Requests that are under way: each try comes to an end before the next begins. */
  readonly #under = new Map<string, Promise<void>>();

  private constructor(options: DoorKeysOptions, log: KeyLog) {
    this.#options = options;
    this.#log = log;
  }

  static async open(options: DoorKeysOptions): Promise<DoorKeys> {
    const { log, values, torn } = await KeyLog.open(options.files, options.path);
    const entries = values.filter(isEntry);
    const lines = torn + values.length - entries.length;
    if (lines > 0)
      options.log.warn('lines of the idempotency keys cannot be read', { 'file.path': options.path, lines });
    const keys = new DoorKeys(options, log);
    for (const { k, t, b, n, d } of entries) {
      const there = keys.#known.get(k);
      // Under a key that was forgotten another request may have come.
      const known = there?.digest === b ? there : undefined;
      const done = d === 1 || known?.done === true;
      keys.#enter(k, { time: known?.time ?? t, digest: b, names: n ?? known?.names ?? [], done });
    }
    keys.#forget();
    return keys;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Does `work` for one try of a request while no other is under way. @throws what `work` throws */
  async alone<T>(client: string, key: RequestKey, work: () => Promise<T>): Promise<T> {
    const id = idOf(client, key);
    while (this.#under.has(id)) await this.#under.get(id);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#under.set(id, promise);
    try {
      return await work();
    } finally {
      this.#under.delete(id);
      resolve();
    }
  }

  /** @throws HeliographError HG_DOOR_KEY when other content came under the key */
  find(client: string, key: RequestKey): KeyedRequest | undefined {
    const known = this.#known.get(idOf(client, key));
    if (!known || this.#isOld(known)) return undefined;
    if (known.digest !== key.digest) throw otherContent(key.text);
    return known;
  }

  /**
   * Resolves when it is durable: no frame may have one of the names before.
   * @param time when the request came first
   * @throws HeliographError HG_JOURNAL_DISK: what was known before is
   */
  async name(client: string, key: RequestKey, time: number, names: readonly FrameName[]): Promise<void> {
    const id = idOf(client, key);
    const before = this.#known.get(id);
    const request: KeyedRequest = { time, digest: key.digest, names, done: false };
    // At once: it is to be in a file that is written anew now.
    this.#enter(id, request);
    try {
      await this.#log.append({ k: id, t: time, b: key.digest, n: names } satisfies Entry);
    } catch (error) {
      if (this.#known.get(id) === request) {
        this.#drop(id, request);
        if (before) this.#enter(id, before);
      }
      throw error;
    }
    this.#forget();
  }

  /** All of the request is in the journal. It is written soon: if a kill is sooner, the names of its frames tell as much. */
  done(client: string, key: RequestKey, time: number): void {
    const id = idOf(client, key);
    const known = this.find(client, key);
    if (known?.done) return;
    const request = known ?? { time, digest: key.digest, names: [], done: true };
    request.done = true;
    if (!known) this.#enter(id, request);
    this.#log.append({ k: id, t: request.time, b: key.digest, d: 1 } satisfies Entry).catch((error: unknown) => {
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

  #enter(id: string, request: KeyedRequest): void {
    const before = this.#known.get(id);
    if (before) this.#drop(id, before);
    this.#known.set(id, request);
    this.#names += request.names.length;
  }

  #drop(id: string, { names }: KeyedRequest): void {
    this.#known.delete(id);
    this.#names -= names.length;
  }

  #isOld({ time }: KeyedRequest): boolean {
    return this.#options.now() - time > KEPT_MS;
  }

  #forget(): void {
    const { most = MOST, log } = this.#options;
    for (const [id, request] of this.#known) {
      if (this.#known.size <= most && this.#names <= MOST_NAMES && !this.#isOld(request)) break;
      this.#drop(id, request);
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
    for (const [k, { time, digest, names, done }] of this.#known) {
      yield { k, t: time, b: digest, n: names, ...(done ? { d: 1 } : {}) };
    }
  }
}

/** What an older relay wrote there may be none. */
function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { k, t, b, n = [] } = value as Partial<Entry>;
  return typeof k === 'string' && typeof t === 'number' && typeof b === 'string' && Array.isArray(n);
}

/** 128 bits of a hash. */
function idOf(client: string, { text }: RequestKey): string {
  return createHash('sha256').update(client).update('\0').update(text).digest().toString('base64url', 0, 16);
}
