import type { RolledPage, RolledSection } from '../rollup/engine.ts';
import type { Fed } from './link.ts';

/** Takes what other workers let pass into the samples that rules see. */
export class FedSamples {
  readonly #take: (host: string, section: RolledSection) => void;
  /** By worker: what its process has named so far. */
  readonly #known = new Map<number, { readonly boot: string; readonly pages: Map<string, RolledPage> }>();
  /** Samples of pages that nobody has said: none, as long as the workers are of one version. */
  unknown = 0;

  constructor(take: (host: string, section: RolledSection) => void) {
    this.#take = take;
  }

  take(worker: number, { boot, fresh, pages, sections }: Fed): void {
    let known = this.#known.get(worker);
    if (fresh || known?.boot !== boot) {
      known = { boot, pages: new Map() };
      this.#known.set(worker, known);
    }
    for (const page of pages) known.pages.set(page.hash, page);
    for (const { host, page: hash, times, values, present } of sections) {
      const page = known.pages.get(hash);
      if (page) this.#take(host, { page, times, values, present });
      else this.unknown += values.length;
    }
  }
}
