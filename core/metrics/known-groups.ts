import type { MetricFrame } from '../ports/frames.ts';
import { targetKeyOf } from './target-labels.ts';

/** As many as the store's thread keeps; then both begin anew. */
const MOST = 200_000;

/** Pages at targets whose series the store has made, as far as this side has seen it. */
export class KnownGroups {
  readonly #keys = new Set<string>();

  has({ target, rows }: MetricFrame): boolean {
    const targetKey = targetKeyOf(target);
    return rows.every(({ page }) => this.#keys.has(page.hash + targetKey));
  }

  /** Frames that were written. */
  add(frames: readonly MetricFrame[]): void {
    for (const { target, rows } of frames) {
      const targetKey = targetKeyOf(target);
      for (const { page } of rows) this.#keys.add(page.hash + targetKey);
    }
    if (this.#keys.size > MOST) this.#keys.clear();
  }
}
