import type { Block, LaneName } from './block.ts';

/**
 * A lane of one class: where it reads, what is ready, what is with the core. The live lane reads on from a position; the
 * backfill lane has spans of the chain that live left behind.
 */
export class Lane {
  readonly name: LaneName;
  /** Bytes that may be with the core unacknowledged. */
  readonly window: number;
  /** Live: the next position. */
  position = 0;
  /** Backfill: what is to be read, oldest first. */
  spans: { from: number; to: number }[] = [];
  /** Built and not sent yet. */
  ready: Block | null = null;
  /** To be sent again: refused for now, or the stream broke. */
  resend: Block[] = [];
  readonly inFlight = new Map<number, Block>();
  /** Bytes of blocks that are built and not acknowledged. */
  bytes = 0;
  preparing = false;
  timer: NodeJS.Timeout | null = null;

  constructor(name: LaneName, window: number) {
    this.name = name;
    this.window = window;
  }

  /** Leaves [from, to) to this lane. */
  leave(from: number, to: number): void {
    if (to <= from) return;
    const last = this.spans.at(-1);
    if (last?.to === from) last.to = to;
    else this.spans.push({ from, to });
  }
}
