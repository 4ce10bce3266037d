import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { HeliographError } from '../../lib/errors.ts';
import type { MetricQueries, QueryOptions } from '../ports/metric-store.ts';
import { WorkerCaller } from '../workers/caller.ts';
import { processClock } from '../workers/process-clock.ts';

/** So many queries are worked on at once; a heavy one leaves a thread for the others. */
const THREADS = 2;
/** Queries that wait for a thread; more are refused at once. */
const MOST_WAITING = 200;
/** Of JavaScript objects; samples and answers lie outside and are bounded by the query's own limits. */
export const QUERY_HEAP_MB = 1024;

interface Thread {
  readonly caller: WorkerCaller;
  dead: boolean;
}

/**
 * The threads that evaluate queries, apart from the store's own thread so that no query holds up a write. One that dies of
 * a query is replaced; the store lives on.
 */
export class QueryThreads {
  readonly #attach: (port: MessagePort, signal: Int32Array) => Promise<void>;
  readonly #heapMb: number;
  #threads: Thread[] = [];

  /** @param attach gives the store's thread its end of a new connection */
  constructor(attach: (port: MessagePort, signal: Int32Array) => Promise<void>, heapMb: number) {
    this.#attach = attach;
    this.#heapMb = heapMb;
  }

  async answer(
    expression: string,
    at: number | { start: number; end: number; step: number },
    options: QueryOptions,
    limit: number,
  ): ReturnType<MetricQueries['answer']> {
    const asked = processClock();
    const thread = await this.#free();
    if (thread.caller.waiting > MOST_WAITING / THREADS) {
      throw new HeliographError('HG_QUERY_TIMEOUT', `${MOST_WAITING} queries wait already; ask again later`);
    }
    try {
      return await thread.caller.call('answer', [expression, at, options, limit, asked]);
    } catch (error) {
      const typed = error as HeliographError;
      if (typed.facts?.cause !== 'ERR_WORKER_OUT_OF_MEMORY') throw error;
      throw new HeliographError('HG_QUERY_MEMORY', `more than ${this.#heapMb} MB`, {}, error);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map(({ caller }) => caller.close()));
  }

  /** The thread with the least to do; those that died or were never there are made. */
  async #free(): Promise<Thread> {
    this.#threads = this.#threads.filter((thread) => !thread.dead);
    const least = this.#threads.toSorted((a, b) => a.caller.waiting - b.caller.waiting)[0];
    if (least && (least.caller.waiting === 0 || this.#threads.length === THREADS)) return least;
    return this.#make();
  }

  async #make(): Promise<Thread> {
    const { port1, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(4));
    const thread: Thread = {
      caller: new WorkerCaller(new URL('./query-worker.ts', import.meta.url), {
        workerData: { port: port2, signal },
        transfer: [port2],
        fallback: 'HG_STORE_WORKER',
        heapMb: this.#heapMb,
        onDeath: () => {
          thread.dead = true;
        },
      }),
      dead: false,
    };
    this.#threads.push(thread);
    await this.#attach(port1, signal);
    return thread;
  }
}
