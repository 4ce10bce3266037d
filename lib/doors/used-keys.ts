import { HeliographError } from '../errors.ts';
import { statusOf } from './door.ts';
import { type RequestKey, requestKey } from './request-key.ts';

const KEPT = 100_000;

/**
 * The newest idempotency keys and what came under them. A repeat is the same bytes; other content under a used key would be
 * taken for a repeat and not stored, so it is refused while that is known.
 */
export class UsedKeys {
  readonly #digests = new Map<string, string>();

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
    const key = requestKey(text, bytes);
    const fresh = this.#enter(name, key);
    try {
      return await work(key);
    } catch (error) {
      if (fresh && error instanceof HeliographError && statusOf(error) < 500) this.#digests.delete(name);
      throw error;
    }
  }

  /** True if the key is new. */
  #enter(name: string, { text, digest }: RequestKey): boolean {
    const before = this.#digests.get(name);
    if (before !== undefined && before !== digest) throw otherContent(text);
    // The newest last.
    this.#digests.delete(name);
    this.#digests.set(name, digest);
    if (this.#digests.size > KEPT) {
      for (const oldest of this.#digests.keys()) {
        this.#digests.delete(oldest);
        break;
      }
    }
    return before === undefined;
  }
}

/** Of a key that stands for other bytes already. */
export function otherContent(key: string): HeliographError {
  return new HeliographError('HG_DOOR_KEY', 'the key was used for another content; give each request its own', { key });
}
