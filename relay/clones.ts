import { type Boot, bootCounter } from '../proto/hash.ts';

/** Lives of one host that are remembered. */
const KEPT = 8;

/**
 * Finds cloned images: two machines with one certificate. A collector's life ends when the next begins, so a life that
 * comes back after another had taken its place, or two that have the same number, are two machines.
 */
export class Clones {
  readonly #lives = new Map<string, Boot[]>();
  /** By host: the lives that frames were of, the last one at the end. */
  readonly #framed = new Map<string, Boot[]>();

  /**
   * A connection says which life its collector is in.
   * @returns the other life, if the two cannot be of one machine
   */
  alive(host: string, boot: Boot): Boot | null {
    const lives = this.#lives.get(host) ?? [];
    const newest = lives.at(-1);
    if (newest === boot) return null;
    const same = sameNumber(lives, boot);
    const back = lives.includes(boot);
    const kept = lives.filter((life) => life !== boot).slice(1 - KEPT);
    this.#lives.set(host, [...kept, boot]);
    if (same) return same;
    return back && newest ? newest : null;
  }

  /** What is remembered of a host, for another worker. */
  of(host: string): { alive: readonly Boot[]; framed: readonly Boot[] } {
    return { alive: this.#lives.get(host) ?? [], framed: this.#framed.get(host) ?? [] };
  }

  /** What another worker remembers of a host is newer than what is remembered here. */
  learn(host: string, alive: readonly Boot[], framed: readonly Boot[]): void {
    for (const [map, later] of [
      [this.#lives, alive],
      [this.#framed, framed],
    ] as const) {
      if (later.length === 0) continue;
      const earlier = (map.get(host) ?? []).filter((life) => !later.includes(life));
      map.set(host, [...earlier, ...later].slice(-KEPT));
    }
  }

  /**
   * A frame is of a life. Frames of earlier lives come late, from the spool: that alone says nothing.
   * @returns another life that has the same number
   */
  framed(host: string, boot: Boot): Boot | null {
    const lives = this.#framed.get(host) ?? [];
    if (lives.at(-1) === boot) return null;
    this.#framed.set(host, [...lives.filter((life) => life !== boot).slice(1 - KEPT), boot]);
    return sameNumber(lives, boot) ?? null;
  }
}

function sameNumber(lives: readonly Boot[], boot: Boot): Boot | undefined {
  return lives.find((life) => life !== boot && bootCounter(life) === bootCounter(boot));
}
