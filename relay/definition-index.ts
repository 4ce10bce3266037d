import type { Hash } from '../proto/hash.ts';

/** Where one definition stands on disk, and how recently it was of use. */
export interface DefinitionEntry {
  readonly hash: Hash;
  readonly kind: 'page' | 'base';
  /** Who sent it; a base row belongs to this host alone, a page to everybody. */
  readonly host: string;
  readonly bytes: number;
  /** Series that a page names; 0 for a base row. */
  readonly series: number;
  /** Whom else than the sender a page's series are of; null: nobody. */
  readonly instances: readonly string[] | null;
  /** Place of its record. */
  start: number;
  end: number;
  /** When a frame last named it, ms since the epoch, and where that frame stands in the metric chain. */
  namedAt: number;
  namedPosition: number;
  /** It was dropped: whoever still has it looks again. */
  gone: boolean;
}

/** What each host has stored, for its quota. */
export interface Holdings {
  bytes: number;
  readonly bases: Map<Hash, DefinitionEntry>;
  readonly pages: Map<Hash, DefinitionEntry>;
}

/** The definitions in memory: pages by hash for everybody, base rows by host. */
export class DefinitionIndex {
  readonly #pages = new Map<Hash, DefinitionEntry>();
  readonly #hosts = new Map<string, Holdings>();
  #bytes = 0;
  #series = 0;

  /** Bytes of all definitions. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Series that pages name; a page that many hosts share counts once. */
  get series(): number {
    return this.#series;
  }

  /** Pages of all hosts. */
  get pages(): number {
    return this.#pages.size;
  }

  get size(): number {
    let count = 0;
    for (const held of this.#hosts.values()) count += held.bases.size + held.pages.size;
    return count;
  }

  find(host: string, hash: Hash): DefinitionEntry | undefined {
    return this.#pages.get(hash) ?? this.#hosts.get(host)?.bases.get(hash);
  }

  /** All entries of a name: the page, or every host's base row of that content. */
  everywhere(hash: Hash): DefinitionEntry[] {
    const page = this.#pages.get(hash);
    if (page) return [page];
    const found: DefinitionEntry[] = [];
    for (const held of this.#hosts.values()) {
      const base = held.bases.get(hash);
      if (base) found.push(base);
    }
    return found;
  }

  holdings(host: string): Holdings | undefined {
    return this.#hosts.get(host);
  }

  /** @returns the entry that was there before, if one was: it keeps its place and the new one is not needed */
  add(entry: DefinitionEntry): DefinitionEntry | undefined {
    const before = this.find(entry.host, entry.hash);
    if (before) return before;
    let held = this.#hosts.get(entry.host);
    if (!held) {
      held = { bytes: 0, bases: new Map(), pages: new Map() };
      this.#hosts.set(entry.host, held);
    }
    if (entry.kind === 'page') {
      this.#pages.set(entry.hash, entry);
      held.pages.set(entry.hash, entry);
    } else held.bases.set(entry.hash, entry);
    held.bytes += entry.bytes;
    this.#bytes += entry.bytes;
    this.#series += entry.series;
    return undefined;
  }

  remove(entry: DefinitionEntry): void {
    const held = this.#hosts.get(entry.host);
    const mine = entry.kind === 'page' ? held?.pages : held?.bases;
    if (!held || !mine?.delete(entry.hash)) return;
    entry.gone = true;
    if (entry.kind === 'page') this.#pages.delete(entry.hash);
    held.bytes -= entry.bytes;
    this.#bytes -= entry.bytes;
    this.#series -= entry.series;
    if (held.pages.size === 0 && held.bases.size === 0) this.#hosts.delete(entry.host);
  }

  *entries(): Generator<DefinitionEntry> {
    for (const held of this.#hosts.values()) {
      yield* held.pages.values();
      yield* held.bases.values();
    }
  }
}
