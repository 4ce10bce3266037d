import { OwnMetrics, type OwnMetricsParts, type OwnPage, type OwnSection } from '../own-metrics.ts';

interface Wait {
  readonly sections: readonly OwnSection[];
  resolve(givenUp: number): void;
  reject(error: unknown): void;
}

/**
 * Samples of one client on their way into the journal: one write at a time, with all that came while the one before was under way, so that many
 * small requests are few frames and few commits.
 */
export class ClientMetrics {
  readonly #open: () => OwnMetricsParts;
  #own: OwnMetrics;
  #waiting: Wait[] = [];
  #busy = false;

  /** @param open parts with a boot that was never used */
  constructor(open: () => OwnMetricsParts) {
    this.#open = open;
    this.#own = new OwnMetrics(open());
  }

  /**
   * Resolves when they are in the journal.
   * @returns samples that were given up because the client has more pages in use than one may have
   * @throws HeliographError HG_JOURNAL_*
   */
  write(sections: readonly OwnSection[]): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#waiting.push({ sections, resolve, reject });
    if (!this.#busy) void this.#flush();
    return promise;
  }

  async #flush(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const some = this.#waiting;
      this.#waiting = [];
      try {
        const without = await this.#own.write(some.flatMap(({ sections }) => sections));
        for (const { sections, resolve } of some) resolve(samplesOf(sections, without));
      } catch (error) {
        // What failed may lie on the disk all the same, and its number must not come again with other content.
        this.#own = new OwnMetrics(this.#open());
        for (const { reject } of some) reject(error);
      }
    }
    this.#busy = false;
  }
}

function samplesOf(sections: readonly OwnSection[], pages: ReadonlySet<OwnPage>): number {
  if (pages.size === 0) return 0;
  return sections.reduce((sum, { page, samples }) => sum + (pages.has(page) ? samples : 0), 0);
}
