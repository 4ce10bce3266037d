import type { Logger } from '../log.ts';
import type { Registry } from '../metrics.ts';
import type { WatchClient } from './client.ts';
import { toldPage } from './told-page.ts';

/** What came of a round at one watch. `trouble`: in words; null: it has the figures and says that it is well. */
export type Heard = (address: string, trouble: string | null) => void;

export interface TellerOptions {
  readonly watches: readonly WatchClient[];
  /** Of the names of its own figures: `heliograph_core_`. */
  readonly prefix: string;
  /** The label `job`: core, relay. */
  readonly job: string;
  readonly everyMs: number;
  /** The page of metrics, as text. */
  readonly page: () => string | Promise<string>;
  readonly registry: Registry;
  readonly log: Logger;
  readonly heard?: Heard;
}

/** Tells watches what this process counts of itself, and asks whether they are well. Nothing is kept for a watch that is away: only what is now matters to it. */
export class Teller {
  readonly #options: TellerOptions;
  readonly #count: (to: string, result: 'told' | 'failed') => void;
  /** Those that were in trouble last time: it is logged once. */
  readonly #troubled = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #round: Promise<void> | null = null;
  #closed = false;

  constructor(options: TellerOptions) {
    this.#options = options;
    const { registry, prefix, everyMs } = options;
    const rounds = registry.counter(
      `${prefix}watch_rounds_total`,
      'Times that a watch was told the own figures, by result.',
    );
    this.#count = (to, result) => rounds.inc({ to, result });
    this.#timer = setInterval(() => this.#begin(), everyMs);
    this.#begin();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await Promise.all(this.#options.watches.map((watch) => watch.close()));
    await this.#round;
  }

  /** One after the other: a watch that hangs must not be asked by ever more. */
  #begin(): void {
    this.#round ??= this.#tell().finally(() => {
      this.#round = null;
    });
  }

  async #tell(): Promise<void> {
    const { watches, page, job } = this.#options;
    let body: string;
    try {
      body = toldPage(await page(), job);
    } catch (error) {
      for (const { address } of watches) this.#result(address, `the own figures cannot be read: ${String(error)}`);
      return;
    }
    await Promise.all(
      watches.map(async (watch) => {
        try {
          await watch.tell(body);
          this.#result(watch.address, await watch.trouble());
        } catch (error) {
          this.#result(watch.address, whyOf(error));
        }
      }),
    );
  }

  #result(address: string, trouble: string | null): void {
    if (this.#closed) return;
    const { log, heard } = this.#options;
    this.#count(address, trouble === null ? 'told' : 'failed');
    if (trouble === null) {
      if (this.#troubled.delete(address)) log.info('the watch is well again', { watch: address });
    } else if (!this.#troubled.has(address)) {
      this.#troubled.add(address);
      log.warn('the watch cannot be told how this process is, or is not well itself', {
        watch: address,
        'error.message': trouble,
      });
    }
    heard?.(address, trouble);
  }
}

function whyOf(error: unknown): string {
  const { name, message, code } = error as Error & { code?: string };
  if (name === 'TimeoutError') return 'no answer in time';
  return code === 'ECONNREFUSED' ? 'nothing listens there' : message || String(code);
}
