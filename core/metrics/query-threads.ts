import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { HeliographError } from '../../lib/errors.ts';
import type { MetricQueries, QueryOptions } from '../ports/metric-store.ts';
import { WorkerCaller } from '../workers/caller.ts';
import { processClock } from '../workers/process-clock.ts';

/** So many queries of people are worked on at once. Rules have a thread of their own, and those that nobody else waits for: neither holds up the other. */
const THREADS = 2;
/** Of JavaScript objects; samples and answers lie outside and are bounded by the query's own limits. */
export const QUERY_HEAP_MB = 1024;
/** Queries that wait for a thread; more are refused at once. */
export const MOST_WAITING = 64;
/** How long a query may go on after its time; its thread is then taken from it. */
const GRACE_MS = 10_000;

export interface QuerySettings {
  /** The store's. */
  readonly directory: string;
  readonly heapMb: number;
  readonly mostWaiting: number;
}

/** Something for a thread to do. */
interface Job {
  readonly method: string;
  readonly parameters: readonly unknown[];
  /** One word of shared memory: not 0 when nobody wants it any more. */
  readonly stop: Int32Array;
  /** On the process's clock. */
  readonly until: number;
  timer: NodeJS.Timeout | null;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Thread {
  readonly caller: WorkerCaller;
  /** For what is urgent, and nothing else. */
  readonly urgent: boolean;
  job: Job | null;
}

/**
 * The threads that read and evaluate, apart from the store's own thread so that no query holds up a write. One that dies of
 * a query is replaced; the store lives on.
 */
export class QueryThreads {
  readonly #settings: QuerySettings;
  readonly #attach: (port: MessagePort, signal: Int32Array) => Promise<void>;
  readonly #threads = new Set<Thread>();
  #waiting: Job[] = [];
  #urgent: Job[] = [];
  #closed = false;

  /** @param attach gives the store's thread its end of a new connection */
  constructor(settings: QuerySettings, attach: (port: MessagePort, signal: Int32Array) => Promise<void>) {
    this.#settings = settings;
    this.#attach = attach;
  }

  /** Queries that wait for a thread. */
  get waiting(): number {
    return this.#waiting.length + this.#urgent.length;
  }

  answer(
    expression: string,
    at: number | { start: number; end: number; step: number },
    options: QueryOptions,
    limit: number,
  ): ReturnType<MetricQueries['answer']> {
    const stop = options.stop ?? stopWord();
    const until = processClock() + options.timeoutMs;
    return this.#run('answer', [expression, at, { ...options, stop }, limit, until], stop, until, options.urgent);
  }

  /** Part of an export: it may take its time. */
  run<T>(method: 'find' | 'read', parameters: readonly unknown[]): Promise<T> {
    const stop = stopWord();
    return this.#run(method, [...parameters, stop], stop, Number.POSITIVE_INFINITY);
  }

  /** A day's file goes: the threads let go of it when they have the time. */
  forget(day: number): void {
    for (const { caller } of this.#threads) {
      // One that ended meanwhile holds nothing any more.
      caller.call('forget', [day]).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const job of [...this.#urgent.splice(0), ...this.#waiting.splice(0)]) fail(job, closed());
    for (const { job } of this.#threads) if (job) Atomics.store(job.stop, 0, 1);
    await Promise.all([...this.#threads].map(({ caller }) => caller.close()));
    this.#threads.clear();
  }

  #run<T>(method: string, parameters: readonly unknown[], stop: Int32Array, until: number, urgent = false): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const job: Job = {
        method,
        parameters,
        stop,
        until,
        timer: null,
        resolve: (value) => resolve(value as T),
        reject,
      };
      if (this.#closed) return reject(closed());
      const waiting = () => (urgent ? this.#urgent : this.#waiting).length;
      if (waiting() >= this.#settings.mostWaiting) this.#dropStopped();
      if (waiting() >= this.#settings.mostWaiting) {
        const text = `${this.#settings.mostWaiting} queries wait already; ask again later`;
        return reject(new HeliographError('HG_QUERY_TIMEOUT', text, { waiting: this.#settings.mostWaiting }));
      }
      (urgent ? this.#urgent : this.#waiting).push(job);
      at(job, until, () => {
        this.#waiting = this.#waiting.filter((one) => one !== job);
        this.#urgent = this.#urgent.filter((one) => one !== job);
        fail(job, new HeliographError('HG_QUERY_TIMEOUT', 'it waited for its turn all the time it had'));
      });
      this.#next();
    });
  }

  /** Gives what waits to the threads that are free. */
  #next(): void {
    for (const thread of this.#threads) if (thread.job === null) this.#start(thread);
    const count = (own: boolean) => [...this.#threads].filter(({ urgent }) => urgent === own).length;
    if (this.#urgent.length > 0 && count(true) === 0) this.#start(this.#make(true));
    while (this.#waiting.length > 0 && count(false) < THREADS) this.#start(this.#make(false));
  }

  #start(thread: Thread): void {
    const job = (thread.urgent ? undefined : this.#waiting.shift()) ?? this.#urgent.shift();
    if (!job) return;
    thread.job = job;
    at(job, job.until + GRACE_MS, () => {
      // It did not look at its time: an evaluator that hangs. Only the end of the thread ends it.
      this.#threads.delete(thread);
      fail(job, new HeliographError('HG_QUERY_TIMEOUT', 'it did not stop when its time was over'));
      void thread.caller.kill();
      this.#next();
    });
    thread.caller.call(job.method, job.parameters).then(
      (value) => {
        clearTimeout(job.timer ?? undefined);
        job.resolve(value);
        this.#done(thread);
      },
      (error: HeliographError) => {
        fail(job, this.#closed ? closed() : outOfMemory(error, this.#settings.heapMb));
        this.#done(thread);
      },
    );
  }

  #done(thread: Thread): void {
    thread.job = null;
    this.#next();
  }

  #dropStopped(): void {
    const gone = this.#waiting.filter(({ stop }) => Atomics.load(stop, 0) !== 0);
    this.#waiting = this.#waiting.filter((job) => !gone.includes(job));
    for (const job of gone) fail(job, new HeliographError('HG_QUERY_CANCELED', 'nobody waits for the answer any more'));
  }

  #make(urgent: boolean): Thread {
    const { port1, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(4));
    const thread: Thread = {
      caller: new WorkerCaller(new URL('./query-worker.ts', import.meta.url), {
        workerData: { directory: this.#settings.directory, port: port2, signal },
        transfer: [port2],
        fallback: 'HG_STORE_WORKER',
        heapMb: this.#settings.heapMb,
        onDeath: () => {
          this.#threads.delete(thread);
        },
      }),
      urgent,
      job: null,
    };
    this.#threads.add(thread);
    // When that fails the store's thread is gone, and with it everything.
    this.#attach(port1, signal).catch((error: unknown) => {
      if (thread.job) fail(thread.job, error);
    });
    return thread;
  }
}

function stopWord(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** Sets the job's one timer anew. */
function at(job: Job, time: number, run: () => void): void {
  clearTimeout(job.timer ?? undefined);
  job.timer = Number.isFinite(time) ? setTimeout(run, time - processClock()) : null;
}

function fail(job: Job, error: unknown): void {
  clearTimeout(job.timer ?? undefined);
  job.reject(error);
}

function closed(): HeliographError {
  return new HeliographError('HG_STORE_CLOSED', 'it takes no more calls');
}

function outOfMemory(error: HeliographError, heapMb: number): HeliographError {
  if (error.facts?.cause !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new HeliographError('HG_QUERY_MEMORY', `more than ${heapMb} MB`, {}, error);
}
