import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { ErrorCode } from '../../lib/errors.ts';
import { receiveError, type SentError } from './errors.ts';

type Message = { id: number; value: unknown } | { id: number; error: SentError };

/** How often a wait looks up, ms: the other thread may have died, or nobody may want the answer any more. */
const LOOK_MS = 250;

/**
 * Calls a thread and stands still until it has answered (serveWaiting is the other end): for code that cannot be
 * interrupted, such as an evaluator, in a thread that has nothing else to do.
 */
export class SyncCaller {
  readonly #port: MessagePort;
  readonly #signal: Int32Array;
  readonly #fallback: ErrorCode;
  #next = 1;

  constructor(port: MessagePort, signal: Int32Array, fallback: ErrorCode) {
    this.#port = port;
    this.#signal = signal;
    this.#fallback = fallback;
  }

  /** Asks for something whose answer nobody needs. */
  tell(method: string, parameters: readonly unknown[]): void {
    this.#port.postMessage({ id: this.#next++, method, parameters });
  }

  /** `check` is called while it waits, and ends the wait by throwing. @throws what the other thread threw, or `check` */
  call<T>(method: string, parameters: readonly unknown[], check: () => void): T {
    const id = this.#next++;
    let seen = Atomics.load(this.#signal, 0);
    this.#port.postMessage({ id, method, parameters });
    for (;;) {
      let received = receiveMessageOnPort(this.#port) as { message: Message } | undefined;
      // Answers to calls that were given up come first.
      while (received && received.message.id !== id) received = receiveMessageOnPort(this.#port) as typeof received;
      if (received) {
        const { message } = received;
        if ('error' in message) throw receiveError(message.error, this.#fallback);
        return message.value as T;
      }
      Atomics.wait(this.#signal, 0, seen, LOOK_MS);
      seen = Atomics.load(this.#signal, 0);
      check();
    }
  }
}
