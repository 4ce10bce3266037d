import { decodeBase } from '../proto/base.ts';
import type { Hash } from '../proto/hash.ts';
import type { EncodedSection, KnownDefinitions } from '../proto/metrics-body.ts';
import { decodeDefinition } from '../proto/page.ts';
import type { DefinitionStore } from './definitions.ts';
import { Generations } from './generations.ts';
import type { RolledPage } from './rollup/engine.ts';

/** Bytes of base rows that are kept decoded, in each of two generations. */
const BASE_BYTES = 48 * 1024 * 1024;
/** Series of pages in each of two generations, some 300 bytes each: equal hosts share pages, so there are few. */
const PAGE_SERIES = 500_000;

interface Base {
  readonly page: Hash;
  readonly values: Float64Array;
}

/** Pages and base rows of the relay's definitions, decoded, for who reads samples. */
export class DecodedDefinitions implements KnownDefinitions {
  readonly #store: DefinitionStore;
  readonly #pages = new Generations<RolledPage>(PAGE_SERIES);
  readonly #bases = new Generations<Base>(BASE_BYTES);

  constructor(store: DefinitionStore) {
    this.#store = store;
  }

  page(hash: Hash): RolledPage | undefined {
    return this.#pages.get(hash);
  }

  pageSize(hash: Hash): number | undefined {
    return this.#pages.get(hash)?.series.length;
  }

  base(hash: Hash): Base | undefined {
    return this.#bases.get(hash);
  }

  /**
   * Gets the page that a frame of a host names.
   * @throws HG_WIRE_*; what the journal of definitions throws
   */
  async loadPage(host: string, hash: Hash): Promise<RolledPage | undefined> {
    const known = this.#pages.get(hash);
    if (known) return known;
    const content = await this.#store.content(host, hash);
    const definition = content && decodeDefinition(content);
    if (definition?.kind !== 'page') return undefined;
    const page = { hash, series: definition.series };
    this.#pages.set(hash, page, page.series.length);
    return page;
  }

  /**
   * Makes ready what a section needs to be decoded.
   * @returns whether all of it is here
   * @throws as loadPage
   */
  async load(host: string, { page, base }: EncodedSection): Promise<boolean> {
    const known = await this.loadPage(host, page);
    if (!known) return false;
    if (base === null || this.#bases.get(base)) return true;
    const content = await this.#store.content(host, base);
    const definition = content && decodeDefinition(content);
    if (definition?.kind !== 'base') return false;
    const values = decodeBase(definition.columns, known.series.length);
    this.#bases.set(base, { page: definition.page, values }, values.byteLength);
    return true;
  }

  /** Whether `load` would find all of it without waiting. */
  ready({ page, base }: EncodedSection): boolean {
    return this.#pages.get(page) !== undefined && (base === null || this.#bases.get(base) !== undefined);
  }
}
