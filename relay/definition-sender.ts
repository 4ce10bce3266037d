import type { Counter } from '../lib/metrics.ts';
import { type Hash, hashBytes } from '../proto/hash.ts';
import type { DefinitionEntry } from './definition-index.ts';
import type { DefinitionStore } from './definitions.ts';
import type { Uplink } from './uplink.ts';

/**
 * Definitions that are read, or between us and the transport, at once, and bytes of them: the next is read while one goes. More would be before a block that waits for
 * none of them, and a core that knows none of ten thousand hosts' must not have them all in our memory.
 */
const AT_ONCE = 8;
const BYTES_AT_ONCE = 1 << 20;

export interface DefinitionSenderParts {
  readonly uplink: Pick<Uplink, 'send'>;
  readonly definitions: Pick<DefinitionStore, 'content'> & { readonly index: Pick<DefinitionStore['index'], 'find'> };
  /** Definitions that are named and not here any more. */
  readonly missing: Counter;
  readonly onMissing: (host: string, hash: Hash) => void;
}

/** Tells the core what definitions hold, each once a stream. */
export class DefinitionSender {
  readonly #parts: DefinitionSenderParts;
  #sent = new WeakSet<DefinitionEntry>();
  #count = 0;
  #bytes = 0;
  /** On their way to the transport: told when it has them, or when the stream is over. */
  readonly #handing = new Set<() => void>();
  #room = Promise.withResolvers<void>();

  constructor(parts: DefinitionSenderParts) {
    this.#parts = parts;
  }

  /** A new stream: the core on it knows nothing yet. */
  opened(): void {
    this.#sent = new WeakSet();
  }

  closed(): void {
    for (const handed of this.#handing) handed();
  }

  /** Whether the core has been told. */
  knows(host: string, hash: Hash): boolean {
    const entry = this.#parts.definitions.index.find(host, hash);
    return entry !== undefined && this.#sent.has(entry);
  }

  /** Those that the core was not told yet; what is sent after it resolved comes behind them. @throws what reading them throws */
  async all(named: readonly (readonly [host: string, hash: Hash])[]): Promise<void> {
    const asked = new Set<DefinitionEntry | undefined>();
    const given: Promise<void>[] = [];
    const errors: unknown[] = [];
    for (const [host, hash] of named) {
      const entry = this.#parts.definitions.index.find(host, hash);
      // A page is of many hosts.
      if (entry && (this.#sent.has(entry) || asked.has(entry))) continue;
      asked.add(entry);
      while (this.#full) await this.#room.promise;
      given.push(this.one(host, hash).catch((error: unknown) => void errors.push(error)));
    }
    await Promise.all(given);
    if (errors.length > 0) throw errors[0];
  }

  /** One, whether or not the core was told, when there is room for it. Resolves when it is given to the transport. @throws what reading it throws */
  async one(host: string, hash: Hash): Promise<void> {
    while (this.#full) await this.#room.promise;
    const { definitions, uplink, missing, onMissing } = this.#parts;
    const entry = definitions.index.find(host, hash);
    const bytes = entry?.bytes ?? 0;
    this.#count++;
    this.#bytes += bytes;
    const handed = () => {
      if (!this.#handing.delete(handed)) return;
      this.#count--;
      this.#bytes -= bytes;
      this.#room.resolve();
      this.#room = Promise.withResolvers<void>();
    };
    this.#handing.add(handed);
    let given = false;
    try {
      const content = await definitions.content(host, hash);
      if (!entry || !content) {
        missing.inc();
        onMissing(host, hash);
        return;
      }
      this.#sent.add(entry);
      given = uplink.send({ definition: { hash: hashBytes(hash), content, host } }, handed);
    } finally {
      if (!given) handed();
    }
  }

  get #full(): boolean {
    return this.#count >= AT_ONCE || this.#bytes >= BYTES_AT_ONCE;
  }
}
