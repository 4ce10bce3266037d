import type { DataClass } from '../../../proto/class.ts';
import type { Gap } from '../../../proto/gap.ts';

/** A gap frame that waits for its acknowledgement, and what it declares. */
export interface OpenGap {
  readonly class: DataClass;
  readonly boot: string;
  readonly sequence: number;
  readonly gaps: readonly Gap[];
}

/**
 * Declarations that nobody has acknowledged yet. A full spool may give up the very segment that holds one: then what it declared is
 * declared again, by the frame that declares that segment.
 */
export class OpenGaps {
  readonly #open: Map<string, OpenGap>;

  constructor(open: readonly OpenGap[]) {
    this.#open = new Map(open.map((gap) => [keyOf(gap.class, gap.boot, gap.sequence), gap]));
  }

  get all(): OpenGap[] {
    return [...this.#open.values()];
  }

  add(open: OpenGap): void {
    this.#open.set(keyOf(open.class, open.boot, open.sequence), open);
  }

  /** The frame is acknowledged: what it declared; nothing if it was no gap frame. */
  settled(dataClass: DataClass, boot: string, sequence: number): readonly Gap[] {
    const key = keyOf(dataClass, boot, sequence);
    const gaps = this.#open.get(key)?.gaps ?? [];
    this.#open.delete(key);
    return gaps;
  }

  /** Adds what gap frames inside the dropped stretches declared, and joins neighbours. */
  absorb(dataClass: DataClass, dropped: readonly Gap[]): Gap[] {
    const all = [...dropped];
    for (const [key, open] of this.#open) {
      const inside = dropped.some(
        (gap) => gap.boot === open.boot && open.sequence >= gap.from && open.sequence <= gap.to,
      );
      if (open.class !== dataClass || !inside) continue;
      all.push(...open.gaps);
      this.#open.delete(key);
    }
    return join(all);
  }
}

function keyOf(dataClass: DataClass, boot: string, sequence: number): string {
  return `${dataClass}:${boot}:${sequence}`;
}

function join(gaps: Gap[]): Gap[] {
  gaps.sort((a, b) => (a.boot === b.boot ? a.from - b.from : a.boot < b.boot ? -1 : 1));
  const joined: Gap[] = [];
  for (const gap of gaps) {
    const last = joined.at(-1);
    if (last === undefined || last.boot !== gap.boot || last.reason !== gap.reason || last.to + 1 !== gap.from) {
      joined.push(gap);
      continue;
    }
    joined[joined.length - 1] = {
      ...last,
      to: gap.to,
      frames: last.frames + gap.frames,
      items: last.items + gap.items,
      firstTime: Math.min(last.firstTime, gap.firstTime),
      lastTime: Math.max(last.lastTime, gap.lastTime),
    };
  }
  return joined;
}
