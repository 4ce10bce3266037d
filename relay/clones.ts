import { type Boot, bootCounter } from '../proto/hash.ts';

/** Lives of one host that are remembered. */
const KEPT = 8;

/**
 * Finds cloned images: two machines with one certificate. A collector's life ends when the next begins, so a life that
 * comes back after another had taken its place, or two that have the same number, are two machines.
 */
export class Clones {
  readonly #lives = new Map<string, Boot[]>();

  /**
   * A connection says which life its collector is in.
   * @returns the other life, if the two cannot be of one machine
   */
  alive(host: string, boot: Boot): Boot | null {
    const lives = this.#lives.get(host) ?? [];
    const newest = lives.at(-1);
    if (newest === boot) return null;
    const same = lives.find((life) => life !== boot && bootCounter(life) === bootCounter(boot));
    const back = lives.includes(boot);
    const kept = lives.filter((life) => life !== boot).slice(1 - KEPT);
    this.#lives.set(host, [...kept, boot]);
    if (same) return same;
    return back && newest ? newest : null;
  }
}
