import { NotTaken } from '../../../lib/alerts/not-taken.ts';

/** What became of notifications: taken; not taken, and tried again; refused for what they say; of whom nobody knows, and sent again with the same key. */
export const FATES = ['sent', 'failed', 'refused', 'unknown'] as const;
export type Fate = (typeof FATES)[number];

/** What a receiver made of what it was sent. Times are ms since the epoch. */
export class Fates {
  readonly receiver: string;
  readonly counts: Record<Fate, number> = { sent: 0, failed: 0, refused: 0, unknown: 0 };
  lastSuccess: number | null = null;
  lastError: { readonly at: number; readonly message: string } | null = null;
  /** Whether the last one failed. */
  failing = false;

  readonly #count: (receiver: string, fate: Fate) => void;

  /** @param count told of each */
  constructor(receiver: string, count: (receiver: string, fate: Fate) => void) {
    this.receiver = receiver;
    this.#count = count;
  }

  sent(now: number): void {
    this.#saw('sent');
    this.lastSuccess = now;
    this.failing = false;
  }

  failed(error: unknown, now: number): Fate {
    const state = error instanceof NotTaken ? error.state : 'unknown';
    const fate = state === 'not_sent' ? 'failed' : state;
    this.#saw(fate);
    this.failing = true;
    this.lastError = { at: now, message: error instanceof Error ? error.message : String(error) };
    return fate;
  }

  #saw(fate: Fate): void {
    this.counts[fate]++;
    this.#count(this.receiver, fate);
  }
}
