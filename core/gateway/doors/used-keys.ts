import { createHash } from 'node:crypto';
import { HeliographError } from '../../../lib/errors.ts';

const KEPT = 100_000;

/**
 * The newest idempotency keys and what came under them. A repeat is the same bytes; other content under a used key would be
 * taken for a repeat and not stored, so it is refused while that is known.
 */
export class UsedKeys {
  readonly #digests = new Map<string, string>();

  /** @throws HeliographError HG_DOOR_KEY when other bytes came under the key of this client */
  check(client: string, key: string, bytes: Uint8Array): void {
    const name = `${client} ${key}`;
    const digest = createHash('sha256').update(bytes).digest('base64');
    const before = this.#digests.get(name);
    if (before !== undefined && before !== digest) {
      throw new HeliographError('HG_DOOR_KEY', 'the key was used for another content; give each request its own', {
        key,
      });
    }
    // The newest last.
    this.#digests.delete(name);
    this.#digests.set(name, digest);
    if (this.#digests.size <= KEPT) return;
    for (const oldest of this.#digests.keys()) {
      this.#digests.delete(oldest);
      break;
    }
  }
}
