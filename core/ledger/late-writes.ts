import type { Logger } from '../../lib/log.ts';
import type { Health } from '../api/health.ts';

/** How long after a write that failed it is tried again, ms, when no other write comes first. */
const AGAIN_MS = 5_000;
/** The part of /healthz, from the first time that there was something the matter. */
const PART = 'account';

export interface LateWritesParts {
  readonly health: Pick<Health, 'well' | 'ill'>;
  readonly log: Logger;
  /** Calls once after so many ms, until what it gave is called. */
  readonly timer: (run: () => void, ms: number) => () => void;
}

/**
 * Writes down what is durable elsewhere already: what the brokers or a store have must not be refused because our own account of it
 * cannot be written now. What a full disk refuses is said, kept in memory, and written later.
 */
export class LateWrites {
  readonly #parts: LateWritesParts;
  readonly #owed = new Map<string, () => void>();
  #cancel: (() => void) | null = null;

  constructor(parts: LateWritesParts) {
    this.#parts = parts;
  }

  /**
   * Writes now, or later; never throws.
   * @param name what is written; of one name the last `write` is kept only, so it must write all that is owed under that name
   */
  write(name: string, write: () => void): void {
    // What was refused before is tried again by the timer, not by each that comes: while the disk is full each would cost all of them.
    if (this.#try(name, write) && this.#owed.size > 0) this.retry();
  }

  /** Writes what is owed, as far as it can be written. */
  retry(): void {
    for (const [name, write] of this.#owed) if (!this.#try(name, write)) return;
  }

  /** The last try. What still cannot be written is said by name. */
  close(): void {
    this.retry();
    this.#cancel?.();
    this.#cancel = null;
    if (this.#owed.size === 0) return;
    this.#parts.log.error('parts of the account could not be written; after the next start it lacks what came last', {
      names: [...this.#owed.keys()].join(', '),
    });
  }

  #try(name: string, write: () => void): boolean {
    try {
      write();
    } catch (error) {
      this.#owe(name, write, error);
      return false;
    }
    if (!this.#owed.delete(name) || this.#owed.size > 0) return true;
    this.#cancel?.();
    this.#cancel = null;
    this.#parts.health.well(PART);
    this.#parts.log.info('the account is written again');
    return true;
  }

  #owe(name: string, write: () => void, error: unknown): void {
    this.#owed.set(name, write);
    const why = `${name}: ${error instanceof Error ? error.message : String(error)}`;
    if (this.#parts.health.ill(PART, why)) {
      this.#parts.log.error('the account cannot be written; no data is lost, and it is written later: make room', {
        name,
        'error.message': why,
      });
    }
    this.#cancel ??= this.#parts.timer(() => {
      this.#cancel = null;
      this.retry();
    }, AGAIN_MS);
  }
}
