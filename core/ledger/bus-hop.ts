import type { Amount } from '../../lib/ledger.ts';
import { Ranges } from '../../lib/ranges.ts';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import type { BusStanding } from '../ports/bus.ts';
import type { TakenPart } from './bus-account.ts';
import type { BusMemory } from './bus-memory.ts';
import type { Hop } from './hops.ts';
import { missingOf, type Offsets, partsOf, sizeOf, unionOf } from './offsets.ts';

/** What a process put on the bus, by class, and the bus acknowledged. JSON. */
export interface PublishedPart {
  readonly class: DataClass;
  readonly sure: Amount;
}

/** What a process of a split core says of the bus. */
export interface BusSide {
  readonly published: readonly PublishedPart[];
  /** The records that were acknowledged to it, by their offsets. */
  readonly put: readonly Pick<TakenPart, 'class' | 'partition' | 'ranges'>[];
  readonly taken: readonly TakenPart[];
}

/**
 * Holds the records that were acknowledged to anybody against those that anybody took and those that wait: by their offsets, so that one counts
 * once, however often it was published or taken. What was under way when a gateway was killed is on the bus or not; it is in neither
 * account unless it is there. Items of records that two processes took, and of those that wait, are by the senders' account, or the mean.
 * @param standing how far the group is in each partition, looked up after `put` was told and before `taken`
 * @param whole everything was heard in that order: something may be called missing
 * @param memory what was found before, and what those had taken that are gone
 */
export function busHops(
  sides: readonly BusSide[],
  standing: ReadonlyMap<DataClass, readonly BusStanding[]>,
  repeated: ReadonlyMap<DataClass, Amount>,
  whole: boolean,
  memory: BusMemory,
): Hop[] {
  return DATA_CLASSES.flatMap((dataClass): Hop[] => {
    const of = <T extends { readonly class: DataClass }>(parts: readonly T[]) =>
      parts.filter((part) => part.class === dataClass);
    const taken = of([...sides.flatMap((side) => side.taken), ...memory.former()]);
    const there = unionOf(taken);
    const counted = taken.reduce((sum, part) => sum + part.counted, 0);
    const items = taken.reduce((sum, part) => sum + part.items, 0);
    const takenFrames = sizeOf(there);
    const waiting = add(there, standing.get(dataClass) ?? []);
    const frames = takenFrames + waiting;
    const open = missingOf(unionOf(of(sides.flatMap((side) => side.put))), there);
    const lost = whole ? memory.judge(dataClass, open, there) : memory.lost(dataClass);
    const missing = sizeOf(unionOf([...partsOf(open), ...partsOf(lost)]));
    if (frames + missing === 0) return [];
    const mean = counted === 0 ? 0 : items / counted;
    const sure = of(sides.flatMap((side) => side.published)).reduce(
      (sum, part) => ({ frames: sum.frames + part.sure.frames, items: sum.items + part.sure.items }),
      { frames: 0, items: 0 },
    );
    const known = counted === frames;
    const received = {
      frames,
      items: known ? items : missing === 0 && sure.frames === frames ? sure.items : Math.round(frames * mean),
    };
    const state = missing === 0 ? 'equal' : lost.size > 0 ? 'missing' : 'behind';
    return [
      {
        from: 'gateways',
        to: 'indexers',
        class: dataClass,
        sent: { frames: frames + missing, items: received.items + Math.round(missing * mean) },
        received,
        state,
        queued: { frames: waiting, items: Math.round(waiting * mean) },
        repeated: repeated.get(dataClass) ?? { frames: 0, items: 0 },
      },
    ];
  });
}

/** Adds what waits; gives how many records that are. */
function add(there: Offsets, standing: readonly BusStanding[]): number {
  let waiting = 0;
  for (const { partition, done, end } of standing) {
    const ranges = there.get(partition) ?? new Ranges();
    there.set(partition, ranges);
    for (const [from, to] of ranges.missing(done, end - 1)) {
      waiting += to - from + 1;
      ranges.addRange(from, to);
    }
  }
  return waiting;
}
