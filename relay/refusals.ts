import { HeliographError } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import { encodeControl } from '../proto/message.ts';
import type { Session } from './session.ts';

/** Lines in the log for one connection in a row; the counter counts all. */
const LOGGED = 20;

/**
 * What cannot be taken, ever: it is acknowledged, so that it does not come again and again, counted by code, logged with
 * the host, and told to the collector.
 */
export class Refusals {
  readonly #log: Logger;
  readonly #refused: Counter;
  readonly #logged = new WeakMap<Session, number>();

  constructor(log: Logger, metrics: Registry) {
    this.#log = log;
    this.#refused = metrics.counter(
      'heliograph_relay_refused_total',
      'Messages that were acknowledged but not taken, by error code.',
    );
  }

  /** @param cause what a decoder threw; anything but a HeliographError is a defect of ours, told as such: no message may end the relay */
  refuse(session: Session, topic: string, cause: unknown, messageId: number | undefined, sequence?: number): void {
    const error = cause instanceof HeliographError ? cause : this.#defect(session, topic, cause);
    this.#refused.inc({ code: error.code });
    const before = this.#logged.get(session) ?? 0;
    if (before < LOGGED) {
      this.#logged.set(session, before + 1);
      this.#log.warn('message refused', {
        host: session.host,
        topic: topic.slice(0, 200),
        code: error.code,
        detail: error.message,
        sequence,
        last: before + 1 === LOGGED ? 'more of this connection are counted only' : undefined,
      });
    }
    session.acknowledge(messageId);
    const told = { topic: topic.slice(0, 200), code: error.code, message: error.message.slice(0, 500) };
    session.send('control', encodeControl({ refused: sequence === undefined ? told : { ...told, sequence } }));
  }

  #defect(session: Session, topic: string, cause: unknown): HeliographError {
    const stack = cause instanceof Error ? cause.stack : String(cause);
    this.#log.error('a message met a defect of the relay; please report it', { host: session.host, topic, stack });
    return new HeliographError('HG_RELAY_DEFECT', String(cause), {}, cause);
  }
}
