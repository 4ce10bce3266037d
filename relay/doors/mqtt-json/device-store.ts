import { setTimeout as wait } from 'node:timers/promises';
import { retryAfter, statusOf } from '../../../lib/doors/door.ts';
import type { Credentials, Doorkeeper, Guest } from '../../../lib/doors/doorkeeper.ts';
import type { Taker } from '../../../lib/doors/taker.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { Batch } from '../../../lib/ingest/batch.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Counter } from '../../../lib/metrics.ts';
import type { Scope } from '../../../lib/tokens/token-file.ts';
import type { AddTo } from './device-message.ts';

/** The door's name in metrics. */
export const DOOR = 'mqtt_json';

export interface DeviceStoreOptions {
  readonly intake: Taker;
  readonly keeper: Doorkeeper;
  /** Requests by labels `door`, `code`. */
  readonly refused: Counter;
  readonly log: Logger;
  /** Covers secrets in what is logged: names, topics and errors hold what the device sent. */
  readonly mask: (text: string) => string;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Aborted when the door closes: nothing waits any longer. */
  readonly closing: AbortSignal;
}

/** One refusal of a kind is logged in so many ms. */
const TOLD_EVERY_MS = 10_000;

/** Brings messages of devices into the journal, and says what was refused of them. */
export class DeviceStore {
  readonly #options: DeviceStoreOptions;
  readonly #told = new Map<string, number>();

  constructor(options: DeviceStoreOptions) {
    this.#options = options;
  }

  /**
   * Messages that came together, into the journal. While there is no room, or the client sends faster than it may, it waits and tries again: the
   * messages stay unacknowledged meanwhile, and nobody loses anything.
   * @param who asked anew each time: a token may be revoked meanwhile
   * @param open whether the connection still is
   * @returns true when everything that can be kept of them is durable; false: none of it may be acknowledged, and the connection must end
   */
  async store(messages: readonly AddTo[], who: Credentials, open: () => boolean): Promise<boolean> {
    for (;;) {
      try {
        await this.#take(messages, this.#options.keeper.admit(who, null));
        return true;
      } catch (error) {
        const typed =
          error instanceof HeliographError ? error : new HeliographError('HG_RELAY_DEFECT', String(error), {}, error);
        this.refuse(typed, {});
        const seconds = retryAfter(typed, statusOf(typed));
        if (seconds === null || typed.code === 'HG_RELAY_DEFECT' || !open()) return false;
        await wait(Number(seconds) * 1000, undefined, { signal: this.#options.closing }).catch(() => undefined);
        if (this.#options.closing.aborted) return false;
      }
    }
  }

  /** A message or a connection is refused: counted, and logged. */
  refuse(error: HeliographError, facts: Readonly<Record<string, unknown>>): void {
    this.#options.refused.inc({ door: DOOR, code: error.code });
    this.#tell(error.code, { ...facts, 'error.message': error.message });
  }

  /** The first of its kind for a while. */
  #tell(code: string, facts: Readonly<Record<string, unknown>>): void {
    const { log, now, mask } = this.#options;
    const time = now();
    const last = this.#told.get(code);
    if (last !== undefined && time >= last && time - last < TOLD_EVERY_MS) return;
    this.#told.set(code, time);
    const masked = Object.entries(facts).map(([name, fact]) => [name, typeof fact === 'string' ? mask(fact) : fact]);
    const shown = Object.fromEntries(masked) as typeof facts;
    log.warn('a door did not take what a device sent', { door: DOOR, 'error.code': code, ...shown });
  }

  async #take(messages: readonly AddTo[], guest: Guest): Promise<void> {
    const batch = new Batch();
    for (const [index, addTo] of messages.entries()) addTo(batch, index);
    this.#leaveOut(batch.series, guest, 'ingest:metrics');
    this.#leaveOut(batch.lines, guest, 'ingest:logs');
    if (batch.series.length + batch.lines.length + batch.rejected.length === 0) return;
    const { rejected } = await this.#options.intake.take(DOOR, guest, batch, null);
    const first = rejected.find(({ code }) => code !== 'HG_ITEM_TEXT');
    if (first) this.#tell(first.code, { client: guest.name, 'error.message': first.message });
  }

  /** What the client has no right to send: it cannot be told so, and would send it again for ever. */
  #leaveOut(items: unknown[], guest: Guest, scope: Scope): void {
    if (items.length === 0 || guest.scopes.has(scope)) return;
    items.length = 0;
    this.refuse(new HeliographError('HG_DOOR_SCOPE', `${guest.name} has no ${scope}`), { client: guest.name });
  }
}
