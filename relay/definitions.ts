import { createHash } from 'node:crypto';
import { HeliographError } from '../lib/errors.ts';
import type { JournalReader } from '../lib/journal/contract.ts';
import type { Journal } from '../lib/journal/journal.ts';
import { RECORD_HEADER_BYTES } from '../lib/journal/record.ts';
import { type Hash, hashOf } from '../proto/hash.ts';
import { DefinitionCache } from './definition-cache.ts';
import { type DefinitionEntry, DefinitionIndex } from './definition-index.ts';
import { closeRecord, type DefinitionOutline, openRecord, outlineOf, outlineOrNull } from './definition-record.ts';

export const DEFINITIONS_CHAIN = 'definitions';
export const DEFINITIONS_READER = 'store';

/** How long a definition outlives the last frame that named it: base rows are renewed every few minutes, pages seldom. */
const KEEP_BASE_MS = 30 * 60_000;
const KEEP_PAGE_MS = 24 * 3_600_000;
/** Longer than a frame takes from the look at its definitions to the journal. */
const IN_FLIGHT_MS = 30_000;
/** Contents kept in memory for sending on. */
const CACHE_BYTES = 32 * 1024 * 1024;
/** Bytes of old records that are written anew at one sweep, so that their segment can go. */
const MOVE_BYTES = 4 * 1024 * 1024;

export interface DefinitionLimits {
  readonly bytesPerHost: number;
  readonly countPerHost: number;
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/**
 * The definitions of all hosts, named by their content. Durable in a journal of their own; a frame that names one is
 * acknowledged only when it is here. One that no kept frame names goes after a while; if a frame names it again, the
 * relay asks the collector for it.
 */
export class DefinitionStore {
  readonly index = new DefinitionIndex();
  readonly #journal: Journal;
  readonly #reader: JournalReader;
  readonly #limits: DefinitionLimits;
  readonly #now: () => number;
  /** The metric chain's [unacknowledged from, end). */
  readonly #frames: { floor(): number; end(): number };
  readonly #cache = new DefinitionCache(CACHE_BYTES);
  readonly #pending = new Map<string, ((error: HeliographError | null) => void)[]>();
  #moving = false;

  private constructor(
    journal: Journal,
    limits: DefinitionLimits,
    now: () => number,
    frames: { floor(): number; end(): number },
  ) {
    this.#journal = journal;
    this.#reader = journal.reader(DEFINITIONS_CHAIN, DEFINITIONS_READER);
    this.#limits = limits;
    this.#now = now;
    this.#frames = frames;
  }

  /** Reads what is stored. `frames` is the chain of the frames that name definitions. */
  static async open(
    journal: Journal,
    limits: DefinitionLimits,
    now: () => number,
    frames: { floor(): number; end(): number },
  ): Promise<DefinitionStore> {
    const store = new DefinitionStore(journal, limits, now, frames);
    const gone = store.#reader.acknowledged();
    let at = journal.start(DEFINITIONS_CHAIN);
    const end = journal.end(DEFINITIONS_CHAIN);
    while (at < end) {
      const { records, next } = await store.#reader.read(at, 1 << 20);
      for (const record of records) {
        const floor = store.#reader.floor();
        if (record.start < floor || gone.some(([from, to]) => record.start >= from && record.start < to)) continue;
        const read = openRecord(record.bytes);
        if (!read) continue;
        // A copy: a view would keep all that was read alive.
        const content = Uint8Array.from(read.content);
        const outline = outlineOrNull(content);
        if (outline) store.#enter(read.host, content, outline, record);
      }
      if (next <= at) break;
      at = next;
    }
    return store;
  }

  /** What a frame of `host` may name: durable here, and a page or the host's own base row. */
  known(host: string, hash: Hash): DefinitionEntry | undefined {
    const entry = this.index.find(host, hash);
    if (entry) entry.namedAt = this.#now();
    return entry;
  }

  /** The same for who found it before: a host names the same definitions in one frame after another. */
  knownStill(entry: DefinitionEntry): boolean {
    if (entry.gone) return false;
    entry.namedAt = this.#now();
    return true;
  }

  /** A frame that names these stands at `position` of the metric chain: they are kept until it is acknowledged. */
  named(entries: readonly DefinitionEntry[], position: number): void {
    for (const entry of entries) if (entry.namedPosition < position) entry.namedPosition = position;
  }

  /**
   * Stores what a collector sent. `done` is called when it is durable (or was already).
   * Errors: the codes of proto/ for what is no definition, HG_RELAY_QUOTA, and the journal's own (full, disk).
   * @returns the definition's name
   */
  add(host: string, content: Uint8Array, done: (error: HeliographError | null) => void): Hash {
    const hash = hashOf(content, sha256);
    const before = this.index.find(host, hash);
    if (before) {
      before.namedAt = this.#now();
      // Never before this call has returned: the caller needs the hash first.
      queueMicrotask(() => done(null));
      return hash;
    }
    const outline = outlineOf(content);
    this.#makeRoom(host, content.length);
    const key = `${host}/${hash}`;
    const waiting = this.#pending.get(key);
    if (waiting) {
      waiting.push(done);
      return hash;
    }
    this.#pending.set(key, [done]);
    const record = { bytes: closeRecord(host, content), items: 1, key: 0 };
    const kept = Uint8Array.from(content);
    this.#journal.append(DEFINITIONS_CHAIN, record, (error, position) => {
      const told = this.#pending.get(key) ?? [];
      this.#pending.delete(key);
      if (!error)
        this.#enter(host, kept, outline, {
          start: position,
          end: position + RECORD_HEADER_BYTES + record.bytes.length,
        });
      for (const tell of told) tell(error);
    });
    return hash;
  }

  /** The bytes as the collector sent them; null if they are not here (any more), or are damaged. */
  async content(host: string, hash: Hash): Promise<Uint8Array | null> {
    const entry = this.index.find(host, hash);
    return entry ? this.#load(entry) : null;
  }

  /** Drops what nothing needs, and moves what is needed out of old segments. Called now and then. */
  async sweep(): Promise<void> {
    const now = this.#now();
    const floor = this.#frames.floor();
    for (const entry of [...this.index.entries()]) {
      const keep = entry.kind === 'page' ? KEEP_PAGE_MS : KEEP_BASE_MS;
      if (entry.namedPosition < floor && now - entry.namedAt > keep) this.#drop(entry);
    }
    if (this.#moving) return;
    this.#moving = true;
    try {
      await this.#moveOld();
    } finally {
      this.#moving = false;
    }
  }

  /** Segments hold dead records beside living ones: when most is dead, the oldest living ones are written anew. */
  async #moveOld(): Promise<void> {
    const kept = this.#journal.end(DEFINITIONS_CHAIN) - this.#journal.start(DEFINITIONS_CHAIN);
    if (kept < this.index.bytes * 3 + 16 * MOVE_BYTES) return;
    const oldest = [...this.index.entries()].sort((a, b) => a.start - b.start);
    let moved = 0;
    for (const entry of oldest) {
      if (moved > MOVE_BYTES) return;
      const content = await this.#load(entry);
      if (!content) continue;
      moved += content.length;
      const bytes = closeRecord(entry.host, content);
      const from = { start: entry.start, end: entry.end, items: 1 };
      const position = await this.#journal.appendDurably(DEFINITIONS_CHAIN, { bytes, items: 1, key: 0 });
      entry.start = position;
      entry.end = position + RECORD_HEADER_BYTES + bytes.length;
      this.#reader.acknowledge(from, 'repeated');
    }
  }

  #enter(host: string, content: Uint8Array, outline: DefinitionOutline, record: { start: number; end: number }): void {
    const hash = hashOf(content, sha256);
    const entry: DefinitionEntry = {
      hash,
      ...outline,
      host,
      bytes: content.length,
      start: record.start,
      end: record.end,
      namedAt: this.#now(),
      // After a start it is not known which frames name it, so all that are there count.
      namedPosition: this.#frames.end(),
      gone: false,
    };
    if (this.index.add(entry)) this.#reader.acknowledge({ start: record.start, end: record.end, items: 1 }, 'repeated');
    else this.#cache.set(entry, content);
  }

  async #load(entry: DefinitionEntry): Promise<Uint8Array | null> {
    const cached = this.#cache.get(entry);
    if (cached) return cached;
    const { records } = await this.#reader.read(entry.start, 1);
    const record = records[0];
    const read = record && record.start === entry.start ? openRecord(record.bytes) : null;
    if (!read || hashOf(read.content, sha256) !== entry.hash) {
      this.#drop(entry);
      return null;
    }
    const content = Uint8Array.from(read.content);
    this.#cache.set(entry, content);
    return content;
  }

  #drop(entry: DefinitionEntry): void {
    this.index.remove(entry);
    this.#cache.delete(entry);
    this.#reader.acknowledge({ start: entry.start, end: entry.end, items: 1 }, 'out');
  }

  /** @throws HeliographError HG_RELAY_QUOTA when everything the host has is still needed */
  #makeRoom(host: string, bytes: number): void {
    const held = this.index.holdings(host);
    const over = () =>
      held !== undefined &&
      (held.bytes + bytes > this.#limits.bytesPerHost ||
        held.bases.size + held.pages.size + 1 > this.#limits.countPerHost);
    if (!held || !over()) return;
    const floor = this.#frames.floor();
    // A frame that named one just now may still be on its way into the journal.
    const before = this.#now() - IN_FLIGHT_MS;
    const spare = [...held.bases.values()].filter((entry) => entry.namedPosition < floor && entry.namedAt < before);
    spare.sort((a, b) => a.namedAt - b.namedAt);
    for (const entry of spare) {
      if (!over()) return;
      this.#drop(entry);
    }
    if (!over()) return;
    throw new HeliographError(
      'HG_RELAY_QUOTA',
      `${host} has ${held.bases.size + held.pages.size} definitions of ${held.bytes} bytes that frames still need; fewer changing labels, or a higher limits.definitions`,
      { host, bytes: held.bytes, limit: this.#limits.bytesPerHost },
    );
  }
}
