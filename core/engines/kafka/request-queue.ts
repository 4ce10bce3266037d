import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

let done = false;

/**
 * kafkajs looks at its queue of requests after every answer by a timer of `throttledUntil - now` ms, which is negative unless a
 * broker throttles: Node warns (TimeoutNegativeWarning) and wakes up for nothing. With nothing in the queue there is nothing to
 * look at, and whoever puts something in sets the timer himself; then its time is never negative.
 */
export function quietRequestQueue(): void {
  if (done) return;
  done = true;
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
    prototype: RequestQueue;
  };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}
