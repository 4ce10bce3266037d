import { setTimeout as wait } from 'node:timers/promises';
import type { Ledger } from '../../lib/ledger.ts';

/** Resolves when nothing of a relay waits for its core any more. @param http the port of its pages */
export async function forwarded(http: number): Promise<void> {
  for (;;) {
    const { entries } = (await (await fetch(`http://127.0.0.1:${http}/ledger.json`)).json()) as Ledger;
    if (entries.every(({ queued }) => queued.frames === 0)) return;
    await wait(20);
  }
}
