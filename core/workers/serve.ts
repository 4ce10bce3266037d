import { type MessagePort, parentPort, type Transferable } from 'node:worker_threads';
import { sendError } from './errors.ts';

/** What a worker offers: methods by name. What they return (or resolve to) is sent back. */
export type Methods = Readonly<Record<string, (...parameters: never[]) => unknown>>;

export interface Request {
  readonly id: number;
  readonly method: string;
  readonly parameters: unknown[];
}

/** An answer whose buffers go over instead of being copied. */
export class Moved {
  readonly value: unknown;
  readonly transfer: readonly Transferable[];

  constructor(value: unknown, transfer: readonly Transferable[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

/**
 * Answers requests of the thread that started this one. Call it once, in a worker. After `close` has answered, the thread
 * ends by itself: to stop it from outside, in the middle of whatever V8 does there, has crashed the whole process.
 */
export function serve(methods: Methods): void {
  const port = parentPort;
  if (!port) throw new TypeError('serve() is for worker threads');
  port.on('message', async (request: Request) => {
    const well = await answer(port, methods, request);
    if (well && request.method === 'close') port.close();
  });
}

/** Answers requests on a port whose other end waits in SyncCaller: `signal` is moved on after each answer. */
export function serveWaiting(port: MessagePort, signal: Int32Array, methods: Methods): void {
  port.on('message', async (request: Request) => {
    await answer(port, methods, request);
    Atomics.add(signal, 0, 1);
    Atomics.notify(signal, 0);
  });
}

async function answer(port: MessagePort, methods: Methods, { id, method, parameters }: Request): Promise<boolean> {
  try {
    const run = methods[method] as ((...parameters: unknown[]) => unknown) | undefined;
    if (!run) throw new TypeError(`the worker has no method ${method}`);
    const value = await run(...parameters);
    if (value instanceof Moved) port.postMessage({ id, value: value.value }, [...value.transfer]);
    else port.postMessage({ id, value });
    return true;
  } catch (error) {
    port.postMessage({ id, error: sendError(error) });
    return false;
  }
}

/** Sends something nobody asked for: a line for the log, a figure. */
export function notify(notice: unknown): void {
  parentPort?.postMessage({ notice });
}
