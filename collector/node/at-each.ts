import type { Host } from '../core/host.ts';

/**
 * Runs at each instant of an interval, the next when the one before is over.
 * @param place in the interval, from 0 to 1
 * @returns ends it
 */
export function atEach(
  host: Host,
  intervalMs: number,
  place: number,
  run: (instant: number) => Promise<void>,
): () => void {
  let stopped = false;
  let timer: number | null = null;
  const next = (): void => {
    if (stopped) return;
    const now = host.now();
    const phase = place * intervalMs;
    const instant = Math.round(Math.floor((now - phase) / intervalMs + 1) * intervalMs + phase);
    timer = host.timer(() => {
      timer = null;
      const late = host.now() - instant;
      // The clock was set, or the process stood still: then it has the time at which it runs.
      run(Math.abs(late) < intervalMs / 2 ? instant : Math.round(host.now())).then(next, (error) => {
        host.log('error', 'what runs at an interval met a defect', { error: String(error?.stack ?? error) });
        next();
      });
    }, instant - now);
  };
  next();
  return () => {
    stopped = true;
    if (timer !== null) host.cancel(timer);
  };
}

/** From 0 to 1, the same at every start. */
export function placeOf(host: Host, name: string): number {
  const digest = host.sha256(host.utf8Bytes(name));
  return ((digest[0]! << 16) | (digest[1]! << 8) | digest[2]!) / 2 ** 24;
}
