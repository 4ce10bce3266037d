/*
 * Loaded into a core's process before the core (`node --import`): the threads of the embedded metric store (head, files of days, queries) stand still
 * after each turn, so long that they work for a part of the time only. A store on a machine that is as much slower, whatever it is that it does.
 */
import { isMainThread } from 'node:worker_threads';

/** Turns within so many ms are one; the longest turns of a store are longer. */
const LOOK_EVERY_MS = 5;
const OF_THE_STORE = /\/core\/metrics\/(worker|day-worker|query-worker)\.ts$/;

const share = Number(process.env.HELIOGRAPH_STORE_SHARE ?? 1);
if (!isMainThread && share < 1 && OF_THE_STORE.test(process.argv[1] ?? '')) {
  const never = new Int32Array(new SharedArrayBuffer(4));
  let before = performance.eventLoopUtilization();
  setInterval(() => {
    const worked = performance.eventLoopUtilization(before).active;
    Atomics.wait(never, 0, 0, (worked * (1 - share)) / share);
    before = performance.eventLoopUtilization();
  }, LOOK_EVERY_MS).unref();
}
