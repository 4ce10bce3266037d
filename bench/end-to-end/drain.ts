import { setTimeout as wait } from 'node:timers/promises';

/** What still waits somewhere. */
export interface Backlog {
  /** Frames that hosts have and the relay has not acknowledged. */
  readonly outboxes: number;
  /** Frames that the relay has and the core has not acknowledged, which is when they are durable in its store. */
  readonly relay: number;
  /** Records that the core has and has not indexed. */
  readonly bus: number;
  /** Nothing more comes: whatever looks like nothing is not just between two looks. */
  readonly over: boolean;
}

export interface DrainParts {
  readonly look: () => Promise<Backlog>;
  readonly say: (line: string) => void;
  /** ms, of a clock that only goes forward */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
}

const LOOK_EVERY_MS = 250;
const SAY_EVERY_MS = 5_000;
/** So long without anything getting less, and it is given up. */
const GIVE_UP_MS = 60_000;

/**
 * Waits until nothing waits anywhere. @returns how long that took, s
 * @throws Error that says what waits where, when nothing got less for a minute
 */
export async function drain(
  look: DrainParts['look'],
  say: DrainParts['say'],
  { now, pause }: Pick<DrainParts, 'now' | 'pause'> = { now: () => performance.now(), pause: wait },
): Promise<number> {
  const began = now();
  let least = Number.POSITIVE_INFINITY;
  let lessAt = began;
  let saidAt = began;
  for (;;) {
    const backlog = await look();
    const all = backlog.outboxes + backlog.relay + backlog.bus;
    if (all === 0 && backlog.over) return (now() - began) / 1_000;
    if (all < least) {
      least = all;
      lessAt = now();
    } else if (now() - lessAt > GIVE_UP_MS) {
      throw new Error(`nothing got less for ${GIVE_UP_MS / 1_000} s: ${inWords(backlog)}`);
    }
    if (now() - saidAt >= SAY_EVERY_MS) {
      saidAt = now();
      say(`the backlog drains, ${((now() - began) / 1_000).toFixed(0)} s: ${inWords(backlog)}`);
    }
    await pause(LOOK_EVERY_MS);
  }
}

function inWords({ outboxes, relay, bus }: Backlog): string {
  return `${outboxes} frames in outboxes, ${relay} in the relay, ${bus} records on the bus`;
}
