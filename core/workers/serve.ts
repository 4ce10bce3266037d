import { parentPort } from 'node:worker_threads';
import { sendError } from './errors.ts';

/** What a worker offers: methods by name. What they return (or resolve to) is sent back. */
export type Methods = Readonly<Record<string, (...parameters: never[]) => unknown>>;

export interface Request {
  readonly id: number;
  readonly method: string;
  readonly parameters: unknown[];
}

/**
 * Answers requests of the thread that started this one. Call it once, in a worker. After `close` has answered, the thread
 * ends by itself: to stop it from outside, in the middle of whatever V8 does there, has crashed the whole process.
 */
export function serve(methods: Methods): void {
  const port = parentPort;
  if (!port) throw new TypeError('serve() is for worker threads');
  port.on('message', (request: Request) => {
    void answer(request);
  });

  async function answer(request: Request): Promise<void> {
    try {
      const method = methods[request.method] as ((...parameters: unknown[]) => unknown) | undefined;
      if (!method) throw new TypeError(`the worker has no method ${request.method}`);
      const value = await method(...request.parameters);
      port!.postMessage({ id: request.id, value });
      if (request.method === 'close') port!.close();
    } catch (error) {
      port!.postMessage({ id: request.id, error: sendError(error) });
    }
  }
}

/** Sends something nobody asked for: a line for the log, a figure. */
export function notify(notice: unknown): void {
  parentPort?.postMessage({ notice });
}
