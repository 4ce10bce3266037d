import { HeliographError } from '../errors.ts';
import { statusOf } from './door.ts';
import { type RequestKey, requestKey } from './request-key.ts';

const KEPT = 100_000;

/**
 * The newest idempotency keys and what came under them. A repeat is the same bytes; other content under a used key would be
 * taken for a repeat and not stored, so it is refused while that is known.
 */
export class UsedKeys {
  readonly #keys = new Map<string, RequestKey>();
  readonly #now: () => number;

  /** @param now ms since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Does `work` for a request under its key, if it has one. A request that is refused whole (400, 403, ...) used no key: its
   * sender may mend it and send it again.
   * @throws HeliographError HG_DOOR_KEY when other bytes came under the key of this client, and what `work` throws
   */
  async use<T>(
    client: string,
    text: string | null,
    bytes: Uint8Array,
    work: (key: RequestKey | null) => Promise<T>,
  ): Promise<T> {
    if (text === null) return work(null);
    const name = `${client} ${text}`;
    const came = requestKey(text, bytes, this.#now());
    const key = this.#enter(name, came);
    try {
      return await work(key);
    } catch (error) {
      if (key === came && error instanceof HeliographError && statusOf(error) < 500) this.#keys.delete(name);
      throw error;
    }
  }

  /** The key as it came first. */
  #enter(name: string, came: RequestKey): RequestKey {
    const key = this.#keys.get(name) ?? came;
    if (key.digest !== came.digest) throw otherContent(key.text);
    // The newest last.
    this.#keys.delete(name);
    this.#keys.set(name, key);
    if (this.#keys.size > KEPT) {
      for (const oldest of this.#keys.keys()) {
        this.#keys.delete(oldest);
        break;
      }
    }
    return key;
  }
}

/** Of a key that stands for other bytes already. */
export function otherContent(key: string): HeliographError {
  return new HeliographError('HG_DOOR_KEY', 'the key was used for another content; give each request its own', { key });
}
