import { Ranges } from '../../lib/ranges.ts';
import type { Boot } from '../../proto/hash.ts';

/** Boots of a host that are kept, and intervals of one of them: beyond, the lowest are closed, as if all of it had come. */
const BOOTS_PER_HOST = 16;
const MOST_INTERVALS = 1024;

/** What a frame is beside those that came before. */
export interface FramePlace {
  readonly boot: Boot;
  readonly sequence: number;
  /** Frames before it went another way: nothing is known of its boot, and it is not the boot's first; or they are acknowledged, and not by this relay. */
  readonly handedOver: boolean;
  /** When the host's frames came another way last, ms; -Infinity: they never did. What has samples up to then may be elsewhere, too, or lack what is. */
  readonly moved: number;
  /**
   * Whether all frames between an earlier one and this are here; if not, what is missing may still come.
   * @param last the newest one that had the same series; null: not known, then the frame before stands for all
   */
  follows(last: { readonly boot: Boot; readonly sequence: number } | null): boolean;
}

/** By host: when one came last, and by boot the sequences. */
export type FramesData = [string, number, [Boot, [number, number][]][], number?][];

interface TakenHost {
  touched: number;
  moved: number;
  readonly boots: Map<Boot, Ranges>;
}

/** Which metric frames went into the roll-ups, by host and boot: a frame that comes twice goes in once. */
export class TakenFrames {
  readonly #hosts = new Map<string, TakenHost>();

  /**
   * @param now when it came, ms
   * @param floor of the frame: all before it is acknowledged, or declared
   * @returns null for a frame that came before
   */
  take(host: string, boot: Boot, sequence: number, now: number, floor = 1): FramePlace | null {
    let its = this.#hosts.get(host);
    if (!its) {
      its = { touched: now, moved: Number.NEGATIVE_INFINITY, boots: new Map() };
      this.#hosts.set(host, its);
    }
    its.touched = now;
    const { boots } = its;
    let known = boots.get(boot);
    let handedOver = known === undefined && sequence > 1;
    if (!known || known.intervals > MOST_INTERVALS) {
      known = thinned(known);
      boots.set(boot, known);
      if (boots.size > BOOTS_PER_HOST) boots.delete(boots.keys().next().value!);
    }
    const taken = known;
    if (!taken.add(sequence)) return null;
    if (passOver(taken, floor)) handedOver = true;
    if (handedOver) its.moved = now;
    return {
      boot,
      sequence,
      handedOver,
      moved: its.moved,
      follows: (last) => {
        if (sequence === 1 || !taken.has(sequence - 1)) return false;
        if (last === null) return true;
        if (last.boot !== boot) return false;
        return last.sequence >= sequence - 1 || taken.missing(last.sequence + 1, sequence - 1).length === 0;
      },
    };
  }

  /** Forgets hosts of which nothing came since that time. */
  forget(before: number): void {
    for (const [host, { touched }] of this.#hosts) if (touched < before) this.#hosts.delete(host);
  }

  /** All of it as plain data. */
  toData(): FramesData {
    return [...this.#hosts].map(([host, { touched, moved, boots }]) => [
      host,
      touched,
      [...boots].map(([boot, ranges]) => [boot, ranges.pairs()]),
      moved,
    ]);
  }

  fromData(data: FramesData): void {
    for (const [host, touched, boots, moved = Number.NEGATIVE_INFINITY] of data) {
      const ranges = new Map(boots.map(([boot, pairs]) => [boot, new Ranges(pairs)]));
      this.#hosts.set(host, { touched, moved, boots: ranges });
    }
  }
}

/** Passes over what is below a floor and never came here. @returns whether there is any, behind the first that came */
function passOver(taken: Ranges, floor: number): boolean {
  if (taken.intervals < 2) return false;
  const elsewhere = taken.missing(taken.first, floor - 1);
  for (const [from, to] of elsewhere) taken.addRange(from, to);
  return elsewhere.length > 0;
}

/** The lower half of the intervals as one. */
function thinned(ranges: Ranges = new Ranges()): Ranges {
  const pairs = ranges.pairs();
  const half = pairs.length >> 1;
  return pairs.length < 2 ? ranges : new Ranges([[pairs[0]![0], pairs[half]![1]], ...pairs.slice(half + 1)]);
}
