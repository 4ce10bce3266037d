const SETTLED = Promise.resolve();

/**
 * Runs `run` when the code under way has ended, before anything else of the event loop. For what every frame needs: a
 * promise's reaction costs a fraction of queueMicrotask, which makes a resource for async hooks each time. What `run`
 * throws ends the process, as it would there.
 */
export function soon(run: () => void): void {
  void SETTLED.then(run);
}
