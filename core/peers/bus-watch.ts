import { HeliographError } from '../../lib/errors.ts';
import type { Amount } from '../../lib/ledger.ts';
import type { DataClass } from '../../proto/class.ts';
import { GROUP } from '../indexer/indexer.ts';
import { TOPICS } from '../indexer/lines.ts';
import { type BusSide, busHops } from '../ledger/bus-hop.ts';
import type { BusMemory } from '../ledger/bus-memory.ts';
import type { Hop } from '../ledger/hops.ts';
import type { Bus, BusStanding } from '../ports/bus.ts';

type Standing = ReadonlyMap<DataClass, readonly BusStanding[]>;

/** What was last heard of a process of the core, and when by our own clock. */
export interface HeardSide {
  readonly side: BusSide;
  readonly repeated: ReadonlyMap<DataClass, Amount>;
  readonly heard: number;
  /** It answers now. */
  readonly here: boolean;
}

/**
 * The hop over the bus. Senders and receivers are heard one after the other while data flow, so the order decides what may be said: first what
 * was published, then what waits, then what was taken. A record that was published by the first look waits at the second or is taken by the third;
 * one that is in none of them is missing.
 */
export class BusWatch {
  readonly #bus: Pick<Bus, 'standing'>;
  readonly #now: () => number;
  readonly #memory: BusMemory;
  #before: { readonly sides: readonly BusSide[]; readonly standing: Standing; readonly at: number } | null = null;
  #hops: readonly Hop[] = [];

  constructor(bus: Pick<Bus, 'standing'>, now: () => number, memory: BusMemory) {
    this.#bus = bus;
    this.#now = now;
    this.#memory = memory;
  }

  hops(): readonly Hop[] {
    return this.#hops;
  }

  /** Call again and again. @param all every process that publishes or takes; null: one has not said what it knows of the bus */
  async look(all: readonly HeardSide[] | null): Promise<void> {
    if (all === null || all.length === 0) {
      this.#hops = [];
      return;
    }
    const before = this.#before;
    if (before !== null) {
      const heard = all.every((one) => one.heard > before.at);
      // A process that is away may have taken what nobody else has.
      if (!heard && all.every(({ here }) => here)) return;
      const published = before.sides.flatMap((side) => side.published);
      const put = before.sides.flatMap((side) => side.put);
      const taken = all.flatMap(({ side }) => side.taken);
      const repeated = new Map<DataClass, Amount>();
      for (const one of all) {
        for (const [dataClass, { frames, items }] of one.repeated) {
          const there = repeated.get(dataClass) ?? { frames: 0, items: 0 };
          repeated.set(dataClass, { frames: there.frames + frames, items: there.items + items });
        }
      }
      this.#hops = busHops([{ published, put, taken }], before.standing, repeated, heard, this.#memory);
    }
    const sides = all.map(({ side }) => side);
    const standing = await this.#standing();
    this.#before = standing === null ? null : { sides, standing, at: this.#now() };
  }

  /** How far the group is in each topic; null while the brokers do not say, and an old answer would prove nothing. */
  async #standing(): Promise<Standing | null> {
    try {
      const asked = Object.entries(TOPICS).map(
        async ([topic, dataClass]) => [dataClass, (await this.#bus.standing?.(topic, GROUP)) ?? []] as const,
      );
      return new Map(await Promise.all(asked));
    } catch (error) {
      if (error instanceof HeliographError) return null;
      throw error;
    }
  }
}
