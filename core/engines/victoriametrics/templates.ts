import { SAMPLE } from './sample-bytes.ts';
import type { SeriesGroup } from './series-bytes.ts';
import { makeTemplate, type Template } from './template.ts';

/** Larger templates are not kept. */
const TEMPLATE_BYTES = 1 << 20;
/** The most instants that a key has room for. */
const MOST_INSTANTS = 65_535;
/** Keys of a page that were used and have no template; beyond, all are forgotten. */
const MOST_USED = 64;
/** What stands around a template: objects, views, places in maps. */
const AROUND = 512;

interface Kept {
  readonly template: Template;
  readonly bytes: number;
  readonly page: PageTemplates;
  readonly key: number;
  /** The number of its last use. */
  used: number;
}

/**
 * What templates of all pages may take together. What was used longest ago makes room, but only for what was used since: hosts that
 * all have a page of their own come in turns, and would otherwise each throw out one that comes before it the next time.
 */
export class TemplateMemory {
  readonly #most: number;
  /** The one used longest ago first. */
  readonly #kept = new Set<Kept>();
  #bytes = 0;
  #uses = 0;

  /** @param most bytes */
  constructor(most: number) {
    this.#most = most;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** The number of a use, ascending. */
  use(): number {
    return ++this.#uses;
  }

  /** It is now the one used last. */
  touch(kept: Kept): void {
    kept.used = this.use();
    this.#kept.delete(kept);
    this.#kept.add(kept);
  }

  /** Makes room for so many bytes; false if that needs what was used after `since`. */
  room(bytes: number, since: number): boolean {
    let free = this.#most - this.#bytes;
    const out: Kept[] = [];
    for (const oldest of this.#kept) {
      if (free >= bytes || oldest.used > since) break;
      free += oldest.bytes;
      out.push(oldest);
    }
    if (free < bytes) return false;
    for (const kept of out) {
      this.#kept.delete(kept);
      this.#bytes -= kept.bytes;
      kept.page.forget(kept.key);
    }
    return true;
  }

  keep(kept: Kept): void {
    this.#bytes += kept.bytes;
    this.#kept.add(kept);
  }
}

/** The templates of one page, by length of the target's labels and number of instants; made at the second use. */
export class PageTemplates {
  readonly #memory: TemplateMemory;
  readonly #kept = new Map<number, Kept>();
  /** Keys without a template, and the number of their last use. */
  readonly #used = new Map<number, number>();

  constructor(memory: TemplateMemory) {
    this.#memory = memory;
  }

  /**
   * Entries of all series of a group of this page with so many instants, for targets as long as this one. Null: they are used for the
   * first time, are too large to keep, or there is no room for them.
   */
  of({ page, target, size }: SeriesGroup, instants: number): Template | null {
    if (instants > MOST_INSTANTS) return null;
    const key = target.length * (MOST_INSTANTS + 1) + instants;
    const there = this.#kept.get(key);
    if (there !== undefined) {
      this.#memory.touch(there);
      return there.template;
    }
    // With 12 bytes for the place of each series' samples, its key and its length.
    const entries = page.bytes + size * (target.length + instants * SAMPLE + 12);
    if (entries > TEMPLATE_BYTES) return null;
    const bytes = entries + instants * 8 + AROUND;
    const before = this.#used.get(key);
    const used = this.#memory.use();
    if (before === undefined || !this.#memory.room(bytes, before)) {
      if (this.#used.size >= MOST_USED) this.#used.clear();
      this.#used.set(key, used);
      return null;
    }
    this.#used.delete(key);
    const kept = { template: makeTemplate(page.labels, target, instants), bytes, page: this, key, used };
    this.#kept.set(key, kept);
    this.#memory.keep(kept);
    return kept.template;
  }

  /** Its template had to make room. */
  forget(key: number): void {
    this.#kept.delete(key);
  }
}
