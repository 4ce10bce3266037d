import { createHash } from 'node:crypto';
import { HeliographError } from '../../lib/errors.ts';
import { type Hash, hashOf } from '../../proto/hash.ts';
import { LIMITS } from '../../proto/limits.ts';
import { compareSeries, encodePage, type PageSeries } from '../../proto/page.ts';
import type { DefinitionEntry } from '../definition-index.ts';
import type { DefinitionStore } from '../definitions.ts';
import { Generations } from '../generations.ts';

/** A page that the relay made, of what became of series. */
export interface MadePage {
  readonly hash: Hash;
  readonly content: Uint8Array;
  readonly series: readonly PageSeries[];
  /** Where it is durable; null: not yet. */
  entry: DefinitionEntry | null;
}

/** Series of pages that are remembered, in each of two generations. */
const SERIES = 500_000;
/** Of a page's bytes; the wire's limit is on the definition as a whole. */
const ENOUGH = LIMITS.definitionBytes / 2;

/**
 * The pages of series under other labels. Equal hosts under equal rules share them, as they share those that they came from. They count in
 * an account beside the host's own definitions, so that what rules make never keeps a host from naming its own.
 */
export class MadePages {
  readonly #store: DefinitionStore;
  readonly #known = new Generations<MadePage>(SERIES);

  constructor(store: DefinitionStore) {
    this.#store = store;
  }

  /**
   * Pages for these series, in their order.
   * @param series sorted, each once, each of which `isPageSeries`
   */
  of(series: readonly PageSeries[]): MadePage[] {
    if (series.length === 0) return [];
    let bytes = 0;
    for (const one of series) bytes += textBytes(one);
    if (series.length > 1 && (bytes > ENOUGH || series.length > LIMITS.seriesPerPage)) {
      const half = series.length >> 1;
      return [...this.of(series.slice(0, half)), ...this.of(series.slice(half))];
    }
    const content = encodePage(series);
    const hash = hashOf(content, sha256);
    const known = this.#known.get(hash);
    if (known) return [known];
    const page = { hash, content, series, entry: null };
    this.#known.set(hash, page, series.length);
    return [page];
  }

  /** Where it is durable; null: as far as is known at once, nowhere. */
  defined({ entry }: MadePage): DefinitionEntry | null {
    return entry && this.#store.knownStill(entry) ? entry : null;
  }

  /**
   * Durable when it resolves to where; null: there is no room for it.
   * @throws HeliographError HG_JOURNAL_* when the disk does not take it now
   */
  async define(page: MadePage, host: string): Promise<DefinitionEntry | null> {
    const account = `${host}/shaped`;
    page.entry = this.#store.known(account, page.hash) ?? null;
    if (page.entry) return page.entry;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#store.add(account, page.content, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      const full = error instanceof HeliographError && ['HG_RELAY_QUOTA', 'HG_JOURNAL_FULL'].includes(error.code);
      if (full) return null;
      throw error;
    }
    page.entry = this.#store.known(account, page.hash) ?? null;
    return page.entry;
  }
}

/** Whether a page can have it: the wire's limits hold. */
export function isPageSeries(series: PageSeries): boolean {
  try {
    return encodePage([series]).length > 0;
  } catch (error) {
    if (error instanceof HeliographError) return false;
    throw error;
  }
}

/** Sorted, equal ones once. */
export function distinctSeries(series: readonly PageSeries[]): PageSeries[] {
  const sorted = [...series].sort(compareSeries);
  return sorted.filter((one, i) => i === 0 || compareSeries(sorted[i - 1]!, one) !== 0);
}

function textBytes({ name, labels }: PageSeries): number {
  return labels.reduce((sum, [a, b]) => sum + Buffer.byteLength(a) + Buffer.byteLength(b) + 6, name.length * 3 + 8);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
