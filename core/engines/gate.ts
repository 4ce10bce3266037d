import { HeliographError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Health } from '../api/health.ts';

/** What is wrong with an engine and does not go away by waiting: somebody has to change the configuration or the engine. */
const FINAL: ReadonlySet<string> = new Set([
  'HG_ENGINE_ADDRESS',
  'HG_ENGINE_LOGIN',
  'HG_ENGINE_VERSION',
  'HG_ENGINE_SETTING',
]);

export interface GateParts {
  /** The part of the core it stands for, as /healthz names it: `metric store`. */
  readonly part: string;
  /** The engine and its addresses, for people: `VictoriaMetrics at http://127.0.0.1:8428`. */
  readonly engine: string;
  /**
   * Looks whether the engine is there, lets us in, is new enough and set up as it must be, and sets up what is ours to set up.
   * Rejects with HG_ENGINE_ADDRESS, _LOGIN, _VERSION, _SETTING for what must be changed by somebody, with anything else while it is down.
   */
  readonly check: () => Promise<void>;
  readonly health: Pick<Health, 'well' | 'ill'>;
  readonly log: Logger;
  /** Runs once after `ms`; returns how to call it off. */
  readonly timer: (run: () => void, ms: number) => () => void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Whether an engine may be used. At start what is plainly wrong is refused; what is merely down is waited for, with
 * the reason on /healthz, while relays and bus keep the data.
 */
export class EngineGate {
  readonly #parts: GateParts;
  #passed = false;
  #why: HeliographError;
  #pause = FIRST_PAUSE_MS;
  #cancel: (() => void) | null = null;
  #closed = false;
  #looking: Promise<void> = Promise.resolve();
  #waiting: (() => void)[] = [];

  private constructor(parts: GateParts) {
    this.#parts = parts;
    this.#why = new HeliographError('HG_ENGINE_DOWN', `${parts.engine}: not looked at yet`);
  }

  /**
   * Looks once. Resolves when the engine is good, and also when it is down: it is then looked at again and again.
   * @throws HeliographError HG_ENGINE_ADDRESS, HG_ENGINE_LOGIN, HG_ENGINE_VERSION, HG_ENGINE_SETTING
   */
  static async open(parts: GateParts): Promise<EngineGate> {
    const gate = new EngineGate(parts);
    await gate.#look(true);
    return gate;
  }

  /** Whether the last look was good. */
  get passed(): boolean {
    return this.#passed;
  }

  /** @throws HeliographError that says why the engine cannot be used now */
  pass(): void {
    if (!this.#passed) throw this.#why;
  }

  /** Resolves when the engine can be used, or when the gate is closed: ask `passed`. */
  async opened(): Promise<void> {
    if (this.#passed || this.#closed) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Something the engine said makes it doubtful (refused login, lost index): it is looked at again before it is used. */
  doubt(why: HeliographError): void {
    if (!this.#passed || this.#closed) return;
    this.#passed = false;
    this.#fail(why);
    this.#again();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    for (const wake of this.#waiting.splice(0)) wake();
    await this.#looking;
  }

  async #look(first: boolean): Promise<void> {
    const { check, health, log, part, engine } = this.#parts;
    try {
      await check();
    } catch (error) {
      const why =
        error instanceof HeliographError
          ? error
          : new HeliographError('HG_ENGINE_DOWN', `${engine}: ${reasonOf(error)}`, {}, error);
      if (first && FINAL.has(why.code)) throw why;
      this.#fail(why);
      this.#again();
      return;
    }
    this.#passed = true;
    this.#pause = FIRST_PAUSE_MS;
    health.well(part);
    if (!first) log.info('an engine can be used', { part, engine });
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #fail(why: HeliographError): void {
    const { health, log, part, engine } = this.#parts;
    this.#why = why;
    if (health.ill(part, why.message)) {
      log.error('an engine cannot be used; data waits before it, and it is looked at again', {
        part,
        engine,
        'error.code': why.code,
        'error.message': why.message,
      });
    }
  }

  #again(): void {
    if (this.#closed) return;
    this.#cancel?.();
    this.#cancel = this.#parts.timer(() => {
      this.#cancel = null;
      this.#looking = this.#look(false);
    }, this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }
}

/** The words of an error and of what caused it: a client's "fetch failed" alone says nothing. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? String(error) : `${String(error)} (${String(cause)})`;
}
