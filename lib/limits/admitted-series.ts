import { AdmittedShard, SCOPES } from './admitted-shard.ts';
import { Scopes } from './scopes.ts';
import type { Hash64 } from './series-hash.ts';

/** Swept one after another, so that no sweep takes long. */
const SHARDS = 64;

/** A scope's key, and how many series it may have. */
export interface CappedScope {
  readonly key: string;
  readonly most: number;
}

/** Which series may go on: those that were there first, up to each of their scopes' caps. Whoever is in stays while somebody asks about it. */
export class AdmittedSeries {
  readonly #most: number;
  readonly #shards = Array.from({ length: SHARDS }, () => new AdmittedShard());
  readonly #scopes = new Scopes();
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
    return this.#shards.reduce((sum, shard) => sum + shard.bytes, 0);
  }

  /** Series admitted in a scope. */
  count(key: string): number {
    return this.#scopes.count(key);
  }

  /**
   * Whether the series may go on.
   * @param scopes that it is counted in now, always as many; if they are others than before, or a cap is lower, it is judged anew
   */
  admit({ high, low }: Hash64, scopes: readonly CappedScope[]): boolean {
    const shard = this.#shards[high % SHARDS]!;
    const at = shard.find(high, low);
    if (at >= 0) {
      let stays = true;
      for (let which = 0; which < SCOPES; which++) {
        const { key, most } = scopes[which]!;
        if (!this.#scopes.is(shard.scope(at, which), key) || this.#scopes.count(key) > most) stays = false;
      }
      if (stays) {
        shard.touch(at);
        return true;
      }
      this.#remove(shard, at);
    }
    if (this.#size >= this.#most) return false;
    for (const { key, most } of scopes) if (this.#scopes.count(key) >= most) return false;
    shard.add(
      high,
      low,
      scopes.map(({ key }) => this.#scopes.enter(key)),
    );
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
    shard.sweep((scope) => this.#scopes.leave(scope));
    this.#size -= before - shard.size;
    return ++this.#next < SHARDS;
  }

  #remove(shard: AdmittedShard, at: number): void {
    for (let which = 0; which < SCOPES; which++) this.#scopes.leave(shard.scope(at, which));
    shard.remove(at);
    this.#size--;
  }
}
