import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HeliographError } from '../../lib/errors.ts';
import { decodeBase } from '../../proto/base.ts';
import { type Hash, hashOf, hashText } from '../../proto/hash.ts';
import type { KnownDefinitions } from '../../proto/metrics-body.ts';
import { decodeDefinition } from '../../proto/page.ts';
import { transaction } from '../disk/transaction.ts';
import type { ResolvedPage } from '../ports/frames.ts';

type Known =
  | { readonly kind: 'page'; readonly page: ResolvedPage; readonly bytes: number; moved: number }
  | {
      readonly kind: 'base';
      readonly page: Hash;
      readonly columns: Uint8Array;
      values: Float64Array | null;
      readonly bytes: number;
      /** The number of the use that moved it to the end. */
      moved: number;
    };

/** Refused definitions that are remembered, so that frames that name them do not wait for ever. */
const REFUSALS_KEPT = 10_000;
/** What a page takes in memory beside its bytes on the wire. */
const PAGE_FACTOR = 6;
/** What may wait for a disk that does not take it. */
const UNSAVED_BYTES = 16 << 20;

/**
 * What the gateway knows of pages and base rows. A cache: relays keep all of them and send them again when asked. It is
 * kept on disk by content so that a core that restarts does not ask every relay for everything at once.
 */
export class Definitions implements KnownDefinitions {
  readonly #memory = new Map<Hash, Known>();
  readonly #onDisk: (error: unknown) => void;
  readonly #memoryLimit: number;
  readonly #diskLimit: number;
  readonly #database: DatabaseSync;
  /** Taken and not yet on disk. */
  readonly #unsaved = new Map<Hash, Uint8Array>();
  readonly #waiting = new Map<Hash, Set<() => void>>();
  readonly #refused = new Map<Hash, HeliographError>();
  /** What was used last: the last in `#memory`. */
  #latest: Hash | null = null;
  #loaded = 0;
  /** How often something was looked up. */
  #uses = 0;
  #memoryBytes = 0;
  #unsavedBytes = 0;
  #diskBytes: number;

  /** @param onDisk told when the cache's disk could not be used (nothing is lost by it), with null when it could */
  constructor(directory: string, memoryLimit: number, diskLimit: number, onDisk: (error: unknown) => void) {
    this.#onDisk = onDisk;
    this.#memoryLimit = memoryLimit;
    this.#diskLimit = diskLimit;
    this.#database = new DatabaseSync(join(directory, 'definitions.db'));
    // A cache: what a power cut takes of it is asked for again.
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = OFF;
      CREATE TABLE IF NOT EXISTS definitions (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, content BLOB NOT NULL);
    `);
    const { bytes } = this.#database
      .prepare('SELECT coalesce(sum(length(content)), 0) AS bytes FROM definitions')
      .get() as {
      bytes: number;
    };
    this.#diskBytes = bytes;
  }

  /**
   * Takes a definition from a relay.
   * @throws HeliographError HG_CORE_DEFINITION when the hash is not that of the content, HG_WIRE_... when it cannot be read
   */
  take(hash: Uint8Array, content: Uint8Array): Hash {
    const name = hashOf(content, sha256);
    if (name !== hashText(hash)) {
      throw new HeliographError('HG_CORE_DEFINITION', `named ${hashText(hash)}, but its bytes are ${name}`, { name });
    }
    if (this.#memory.has(name) || this.#unsaved.has(name)) return name;
    try {
      this.#remember(name, parse(name, content));
    } catch (error) {
      if (error instanceof HeliographError) this.#refuse(name, error);
      throw error;
    }
    this.#unsaved.set(name, content);
    this.#unsavedBytes += content.length;
    this.#wake(name);
    return name;
  }

  pageSize(page: Hash): number | undefined {
    return this.page(page)?.series.length;
  }

  page(hash: Hash): ResolvedPage | undefined {
    const known = this.#find(hash);
    return known?.kind === 'page' ? known.page : undefined;
  }

  base(hash: Hash): { readonly page: Hash; readonly values: Float64Array } | undefined {
    const known = this.#find(hash);
    if (known?.kind !== 'base') return undefined;
    const size = this.pageSize(known.page);
    if (size === undefined) return undefined;
    known.values ??= decodeBase(known.columns, size);
    return { page: known.page, values: known.values };
  }

  /** Those of the hashes, and of the pages their base rows belong to, that are not known. */
  missing(hashes: Iterable<Hash>): Hash[] {
    const missing = new Set<Hash>();
    for (const hash of hashes) {
      const known = this.#find(hash);
      if (!known) missing.add(hash);
      else if (known.kind === 'base' && !this.#find(known.page)) missing.add(known.page);
    }
    return [...missing];
  }

  /** Why a definition was refused, if it was. */
  refusal(hashes: Iterable<Hash>): HeliographError | undefined {
    if (this.#refused.size === 0) return undefined;
    for (const hash of hashes) {
      const refused = this.#refused.get(hash);
      if (refused) return refused;
    }
    return undefined;
  }

  /** Calls back once when one of the hashes arrives or is refused. Returns how to stop waiting. */
  onNews(hashes: readonly Hash[], run: () => void): () => void {
    const once = () => {
      stop();
      run();
    };
    const stop = () => {
      for (const hash of hashes) {
        const waiters = this.#waiting.get(hash);
        waiters?.delete(once);
        if (waiters?.size === 0) this.#waiting.delete(hash);
      }
    };
    for (const hash of hashes) {
      const waiters = this.#waiting.get(hash);
      if (waiters) waiters.add(once);
      else this.#waiting.set(hash, new Set([once]));
    }
    return stop;
  }

  /**
   * Puts on disk what came since the last time, in one transaction: at most so many, since whoever waits for them waits for nothing, and
   * everybody else for them. A disk that does not take it costs asking the relays again.
   */
  save(most = Number.POSITIVE_INFINITY): void {
    if (this.#unsaved.size === 0) return;
    // More come than are saved: a long turn is better than memory without a bound.
    const atMost = this.#unsavedBytes > UNSAVED_BYTES ? Number.POSITIVE_INFINITY : most;
    const some: Hash[] = [];
    for (const hash of this.#unsaved.keys()) {
      if (some.length >= atMost) break;
      some.push(hash);
    }
    try {
      this.#diskBytes = transaction(this.#database, () => {
        const insert = this.#database.prepare('INSERT OR IGNORE INTO definitions (hash, content) VALUES (?, ?)');
        let bytes = this.#diskBytes;
        for (const hash of some) {
          const content = this.#unsaved.get(hash)!;
          if (insert.run(hash, content).changes > 0) bytes += content.length;
        }
        return bytes > this.#diskLimit ? this.#prune(bytes) : bytes;
      });
      this.#onDisk(null);
    } catch (error) {
      this.#onDisk(error);
      if (this.#unsavedBytes <= UNSAVED_BYTES) return;
      // They are in memory, and the relays have them.
      this.#unsaved.clear();
      this.#unsavedBytes = 0;
      return;
    }
    for (const hash of some) {
      this.#unsavedBytes -= this.#unsaved.get(hash)!.length;
      this.#unsaved.delete(hash);
    }
  }

  /** `loaded`: how often one was read from disk, because it was not in memory. */
  figures(): { memoryBytes: number; diskBytes: number; known: number; loaded: number } {
    return {
      memoryBytes: this.#memoryBytes,
      diskBytes: this.#diskBytes,
      known: this.#memory.size,
      loaded: this.#loaded,
    };
  }

  close(): void {
    this.save();
    this.#database.close();
  }

  /** The oldest go first, down to nine tenths of the limit. Returns the bytes that stay. */
  #prune(all: number): number {
    let left = all;
    const remove = this.#database.prepare('DELETE FROM definitions WHERE id = ?');
    for (const row of this.#database
      .prepare('SELECT id, length(content) AS bytes FROM definitions ORDER BY id')
      .all() as {
      id: number;
      bytes: number;
    }[]) {
      if (left <= this.#diskLimit * 0.9) break;
      remove.run(row.id);
      left -= row.bytes;
    }
    return left;
  }

  #find(hash: Hash): Known | undefined {
    // Asked several times for a frame, and frames of one page come together.
    if (hash === this.#latest) return this.#memory.get(hash);
    const there = this.#memory.get(hash);
    if (there) {
      this.#latest = hash;
      this.#uses++;
      // The map's order is the order of use, near enough: what moved to its end a short while ago is there still.
      if (this.#uses - there.moved > this.#memory.size / 8) {
        there.moved = this.#uses;
        this.#memory.delete(hash);
        this.#memory.set(hash, there);
      }
      return there;
    }
    const content = this.#unsaved.get(hash) ?? this.#load(hash);
    if (!content) return undefined;
    const known = parse(hash, content);
    this.#remember(hash, known);
    return known;
  }

  /** From disk. What does not have its own hash there was damaged and is as good as not there. */
  #load(hash: Hash): Uint8Array | undefined {
    try {
      const row = this.#database.prepare('SELECT content FROM definitions WHERE hash = ?').get(hash) as
        | { content: Uint8Array }
        | undefined;
      if (!row || hashOf(row.content, sha256) !== hash) return undefined;
      this.#loaded++;
      return row.content;
    } catch (error) {
      this.#onDisk(error);
      return undefined;
    }
  }

  #remember(hash: Hash, known: Known): void {
    this.#memory.set(hash, known);
    this.#latest = hash;
    known.moved = this.#uses;
    this.#memoryBytes += known.bytes;
    for (const [oldest, entry] of this.#memory) {
      if (this.#memoryBytes <= this.#memoryLimit || oldest === hash) break;
      this.#memory.delete(oldest);
      this.#memoryBytes -= entry.bytes;
    }
  }

  #refuse(hash: Hash, error: HeliographError): void {
    this.#refused.set(hash, error);
    if (this.#refused.size > REFUSALS_KEPT) this.#refused.delete(this.#refused.keys().next().value!);
    this.#wake(hash);
  }

  #wake(hash: Hash): void {
    for (const run of [...(this.#waiting.get(hash) ?? [])]) run();
  }
}

function parse(hash: Hash, content: Uint8Array): Known {
  const definition = decodeDefinition(content);
  if (definition.kind === 'page') {
    return { kind: 'page', page: { hash, series: definition.series }, bytes: content.length * PAGE_FACTOR, moved: 0 };
  }
  // A copy: the decoder's view would keep the whole message it came in.
  return {
    kind: 'base',
    page: definition.page,
    columns: definition.columns.slice(),
    values: null,
    bytes: content.length + 2048,
    moved: 0,
  };
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
