interface Owned {
  /** Delivered to us since the partition is ours, without a gap. */
  from: number;
  to: number;
  committed: number;
}

/**
 * Which partitions are ours, and what of them may be committed by us. Kafka takes a commit of any partition from any member of the group: who lost a
 * partition while it was at work could set its new owner back.
 */
export class Ownership {
  #member = '';
  #owned = new Map<number, Owned | null>();

  /** The group was shared out. A partition stays ours without a break while our name in the group is the same. */
  joined(member: string, partitions: readonly number[]): void {
    const before = member === this.#member ? this.#owned : new Map<number, Owned | null>();
    this.#member = member;
    this.#owned = new Map(partitions.map((partition) => [partition, before.get(partition) ?? null]));
  }

  owns(partition: number): boolean {
    return this.#owned.has(partition);
  }

  /** Records from `from` to before `next` are given out. The offset at which they should have begun, if they begin behind it. */
  delivered(partition: number, from: number, next: number): number | null {
    if (!this.#owned.has(partition)) return null;
    const there = this.#owned.get(partition);
    if (there && from >= there.from && from <= there.to) {
      there.to = Math.max(there.to, next);
      return null;
    }
    this.#owned.set(partition, { from, to: next, committed: -1 });
    return there && from > there.to ? there.to : null;
  }

  /** Whether everything before `offset` may be called done: the partition is ours, we were given what is before, and it is news. */
  mayCommit(partition: number, offset: number): boolean {
    const there = this.#owned.get(partition);
    if (!there) return false;
    return offset > there.from && offset <= there.to && offset > there.committed;
  }

  committed(partition: number, offset: number): void {
    const there = this.#owned.get(partition);
    if (there) there.committed = Math.max(there.committed, offset);
  }

  /** Everything before it is done; -1 while nothing is. */
  doneTo(partition: number): number {
    return this.#owned.get(partition)?.committed ?? -1;
  }
}
