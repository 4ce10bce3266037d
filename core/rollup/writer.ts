import { createHash } from 'node:crypto';
import { OwnSamples, ownRows } from '../own-samples.ts';
import { keyedBoot } from '../seen/keyed-boot.ts';
import type { MergedSample } from './results.ts';

/** Under whose name the core writes what it merged; no host can have it. */
export const ROLLUP = '(rollup)';

/** Writes what windows came to into the metric store. */
export class MergedWriter {
  readonly #samples: OwnSamples;

  constructor(...parts: ConstructorParameters<typeof OwnSamples>) {
    this.#samples = new OwnSamples(...parts);
  }

  /** Resolves when they can be lost no more. The same samples again are known as such. @throws what the store throws */
  async write(samples: readonly MergedSample[]): Promise<void> {
    // Two rules may call what they make the same: the last stands.
    const rows = ownRows(samples);
    const hash = createHash('sha256');
    for (const { page, times, values } of rows) hash.update(page.hash).update(times).update(values);
    await this.#samples.take(
      { host: ROLLUP, boot: keyedBoot(ROLLUP, hash.digest('hex')), class: 'metric', sequence: 1 },
      rows,
    );
  }
}
