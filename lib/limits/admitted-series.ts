import { AdmittedShard, SCOPES } from './admitted-shard.ts';
import { ScopeCounts } from './scope-counts.ts';
import type { Hash64 } from './series-hash.ts';

/** Swept one after another, so that no sweep takes long. */
const SHARDS = 64;

/** The scopes that a series is counted in, by their hashes, and how many series each may have. */
export interface CappedScopes {
  readonly hashes: Uint32Array;
  readonly most: Float64Array;
}

/** Which series may go on: those that were there first, up to each of their scopes' caps. Whoever is in stays while somebody asks about it. */
export class AdmittedSeries {
  readonly #most: number;
  readonly #shards = Array.from({ length: SHARDS }, () => new AdmittedShard());
  /** One for each place of a scope, so that a metric and a host are never the same. */
  readonly #counts = Array.from({ length: SCOPES }, () => new ScopeCounts());
  #size = 0;
  #next = SHARDS;

  /** @param most series of all scopes together */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of the tables. */
  get bytes(): number {
    return [...this.#shards, ...this.#counts].reduce((sum, table) => sum + table.bytes, 0);
  }

  /**
   * Whether the series may go on.
   * @param scopes that it is counted in now; if they are others than before, or a cap is lower, it is judged anew
   */
  admit({ high, low }: Hash64, scopes: CappedScopes): boolean {
    const shard = this.#shards[high % SHARDS]!;
    const at = shard.find(high, low);
    if (at >= 0) {
      if (this.#stays(shard, at, scopes)) {
        shard.touch(at);
        return true;
      }
      this.#remove(shard, at);
    }
    if (this.#size >= this.#most) return false;
    const { hashes, most } = scopes;
    for (let which = 0; which < SCOPES; which++) {
      if (this.#counts[which]!.count(hashes[which]!) >= most[which]!) return false;
    }
    for (let which = 0; which < SCOPES; which++) this.#counts[which]!.enter(hashes[which]!);
    shard.add(high, low, hashes);
    this.#size++;
    return true;
  }

  /** It may not go on any more. */
  forget({ high, low }: Hash64): void {
    const shard = this.#shards[high % SHARDS]!;
    const at = shard.find(high, low);
    if (at >= 0) this.#remove(shard, at);
  }

  /** A generation ends: the next calls of `sweep` drop whom nobody asked about in two of them. */
  turn(): void {
    while (this.sweep());
    this.#next = 0;
  }

  /** One part of it. @returns whether there is more to do */
  sweep(): boolean {
    const shard = this.#shards[this.#next];
    if (!shard) return false;
    const before = shard.size;
    shard.sweep((which, scope) => this.#counts[which]!.leave(scope));
    this.#size -= before - shard.size;
    return ++this.#next < SHARDS;
  }

  #stays(shard: AdmittedShard, at: number, { hashes, most }: CappedScopes): boolean {
    for (let which = 0; which < SCOPES; which++) {
      const hash = hashes[which]!;
      if (shard.scope(at, which) !== hash || this.#counts[which]!.count(hash) > most[which]!) return false;
    }
    return true;
  }

  #remove(shard: AdmittedShard, at: number): void {
    for (let which = 0; which < SCOPES; which++) this.#counts[which]!.leave(shard.scope(at, which));
    shard.remove(at);
    this.#size--;
  }
}
