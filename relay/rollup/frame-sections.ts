import { decodeSections, type EncodedSection } from '../../proto/metrics-body.ts';
import type { DecodedDefinitions } from '../decoded-definitions.ts';
import type { RolledPage, RolledSection } from './engine.ts';

/** Decodes of a frame's sections those that somebody wants, for who reads samples in the relay. */
export class FrameSections {
  readonly #definitions: DecodedDefinitions;
  readonly #wants: (page: RolledPage) => boolean;
  readonly #missing: () => void;

  /** @param parts `missing`: told of each section whose definitions are not here */
  constructor(parts: {
    readonly definitions: DecodedDefinitions;
    readonly wants: (page: RolledPage) => boolean;
    readonly missing: () => void;
  }) {
    this.#definitions = parts.definitions;
    this.#wants = parts.wants;
    this.#missing = parts.missing;
  }

  /**
   * Gives each wanted section.
   * @returns a promise only where definitions have to be fetched first
   * @throws HG_WIRE_*; what the journal of definitions throws
   */
  each(
    host: string,
    sections: readonly EncodedSection[],
    give: (section: RolledSection) => void,
  ): Promise<void> | null {
    if (sections.every(({ page }) => this.#definitions.page(page) !== undefined)) {
      const wanted = sections.filter(({ page }) => this.#wanted(page));
      if (wanted.every((section) => this.#definitions.ready(section))) {
        this.#decode(wanted, give);
        return null;
      }
    }
    return this.#fetch(host, sections, give);
  }

  async #fetch(
    host: string,
    sections: readonly EncodedSection[],
    give: (section: RolledSection) => void,
  ): Promise<void> {
    const here: EncodedSection[] = [];
    for (const section of sections) {
      const page = await this.#definitions.loadPage(host, section.page);
      if (page && !this.#wants(page)) continue;
      if (page && (await this.#definitions.load(host, section))) here.push(section);
      else this.#missing();
    }
    this.#decode(here, give);
  }

  #wanted(hash: string): boolean {
    const page = this.#definitions.page(hash);
    return page !== undefined && this.#wants(page);
  }

  #decode(sections: readonly EncodedSection[], give: (section: RolledSection) => void): void {
    if (sections.length === 0) return;
    for (const { page, times, values, present } of decodeSections(sections, this.#definitions)) {
      give({ page: this.#definitions.page(page)!, times, values, present });
    }
  }
}
