import { type Transferable, Worker } from 'node:worker_threads';
import { type ErrorCode, HeliographError } from '../../lib/errors.ts';
import { receiveError, type SentError } from './errors.ts';

type Message = { id: number; value: unknown } | { id: number; error: SentError } | { notice: unknown };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: HeliographError): void;
}

export interface CallerOptions {
  readonly workerData: unknown;
  /** What of it goes over instead of being copied. */
  readonly transfer?: readonly Transferable[];
  /** The code of errors that have none of ours, and of the end of the worker. */
  readonly fallback: ErrorCode;
  /** Told what the worker sends without being asked. */
  readonly onNotice?: (notice: unknown) => void;
  /** Told once when the worker ends that nobody closed. Calls under way have been rejected with the same error. */
  readonly onDeath?: (error: HeliographError) => void;
  /** MB of its JavaScript heap; the worker ends when it needs more. Node's own limit unless stated. */
  readonly heapMb?: number;
}

/**
 * A worker thread that answers calls (core/workers/serve.ts is its other end). Errors of ours come back as they were thrown;
 * any other error, and the end of the worker, as `fallback`.
 */
export class WorkerCaller {
  readonly #worker: Worker;
  readonly #options: CallerOptions;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #ended: HeliographError | null = null;
  #opening = false;

  constructor(file: URL, options: CallerOptions) {
    this.#options = options;
    const { workerData, transfer, fallback, onNotice, heapMb } = options;
    this.#worker = new Worker(file, {
      workerData,
      transferList: [...(transfer ?? [])],
      ...(heapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
    });
    this.#worker.on('message', (message: Message) => {
      if ('notice' in message) return onNotice?.(message.notice);
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if ('error' in message) waiting?.reject(receiveError(message.error, fallback));
      else waiting?.resolve(message.value);
    });
    this.#worker.on('error', (error) => {
      const why: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error));
      this.#end(new HeliographError(fallback, why.message, { stack: why.stack, cause: why.code }, error));
    });
    this.#worker.on('exit', (code) => this.#end(new HeliographError(fallback, `the worker ended with code ${code}`)));
  }

  /** Calls that have no answer yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  call<T>(method: string, parameters: readonly unknown[], transfer: readonly Transferable[] = []): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (value) => resolve(value as T), reject });
      try {
        this.#worker.postMessage({ id, method, parameters }, [...transfer]);
      } catch (error) {
        // A value that cannot be cloned: the caller's mistake, and no answer will come.
        this.#waiting.delete(id);
        reject(new HeliographError(this.#options.fallback, `${method}: ${(error as Error).message}`, {}, error));
      }
    });
  }

  /** The first call, `open`; if it fails the thread ends. */
  async open(): Promise<void> {
    this.#opening = true;
    try {
      await this.call('open', []);
    } catch (error) {
      await this.#worker.terminate();
      throw error;
    } finally {
      this.#opening = false;
    }
  }

  /** Calls `close` in the worker, which must finish what it has, and waits for the end of the thread. */
  async close(): Promise<void> {
    if (this.#ended) return;
    const exited = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    const closed = this.call('close', []);
    this.#ended = new HeliographError('HG_STORE_CLOSED', 'it takes no more calls');
    try {
      await closed;
      await exited;
    } catch (error) {
      await this.#worker.terminate();
      throw error;
    }
  }

  /** Ends the thread in the middle of what it does. For one that hangs: done often, it has crashed the whole process. */
  async kill(): Promise<void> {
    this.#ended ??= new HeliographError(this.#options.fallback, 'the thread was ended');
    await this.#worker.terminate();
  }

  #end(error: HeliographError): void {
    const expected = this.#ended !== null || this.#opening;
    this.#ended ??= error;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(this.#ended);
    if (!expected) this.#options.onDeath?.(error);
  }
}
