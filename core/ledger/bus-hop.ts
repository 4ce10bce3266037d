import type { Amount } from '../../lib/ledger.ts';
import { Ranges } from '../../lib/ranges.ts';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import type { TakenPart } from './bus-account.ts';
import type { Hop } from './hops.ts';

/** What a process put on the bus, by class. JSON. */
export interface PublishedPart {
  readonly class: DataClass;
  /** What the bus acknowledged. */
  readonly sure: Amount;
  /** With what was under way when a kill or an error came: it may be there or not, and whoever sent it sends it again. */
  readonly most: Amount;
}

/** What a process of a split core says of the bus. */
export interface BusSide {
  readonly published: readonly PublishedPart[];
  readonly taken: readonly TakenPart[];
}

/**
 * Holds what all processes put on the bus against the records that they took from it and those that wait there. A record counts once,
 * however many have taken it. The state goes by frames, which are known exactly; items of records that two processes took, or that were
 * taken before a process began to count, are by the mean of the others.
 * @param waiting records of each class behind what the group has done
 * @param whole everything was heard in an order that allows to say that something is missing
 */
export function busHops(
  sides: readonly BusSide[],
  waiting: ReadonlyMap<DataClass, number>,
  repeated: ReadonlyMap<DataClass, Amount>,
  whole: boolean,
): Hop[] {
  return DATA_CLASSES.flatMap((dataClass): Hop[] => {
    const published = sides.flatMap((side) => side.published.filter((part) => part.class === dataClass));
    const sure = sumOf(published.map((part) => part.sure));
    const most = sumOf(published.map((part) => part.most));
    const taken = takenOf(sides.flatMap((side) => side.taken.filter((part) => part.class === dataClass)));
    if (most.frames === 0 && taken.frames === 0) return [];
    const mean = taken.frames > 0 ? taken.items / taken.frames : sure.items / Math.max(1, sure.frames);
    const frames = waiting.get(dataClass) ?? 0;
    const queued = { frames, items: Math.round(frames * mean) };
    const received = { frames: taken.frames + queued.frames, items: taken.items + queued.items };
    const less = received.frames < sure.frames;
    const ahead = received.frames > most.frames;
    const state = less ? (whole ? 'missing' : 'behind') : ahead ? 'ahead' : 'equal';
    return [
      {
        from: 'gateways',
        to: 'indexers',
        class: dataClass,
        // Of what was under way at a kill, as much as arrived.
        sent: less ? sure : { frames: Math.min(most.frames, received.frames), items: sentItems(sure, most, received) },
        received,
        state,
        queued,
        repeated: repeated.get(dataClass) ?? { frames: 0, items: 0 },
      },
    ];
  });
}

function sentItems(sure: Amount, most: Amount, received: Amount): number {
  return Math.min(most.items, Math.max(sure.items, received.items));
}

function sumOf(amounts: readonly Amount[]): Amount {
  return amounts.reduce((sum, { frames, items }) => ({ frames: sum.frames + frames, items: sum.items + items }), {
    frames: 0,
    items: 0,
  });
}

/** Records that anybody took, once each. */
function takenOf(parts: readonly TakenPart[]): Amount {
  const partitions = new Map<number, Ranges>();
  for (const { partition, ranges } of parts) {
    const union = partitions.get(partition) ?? new Ranges();
    partitions.set(partition, union);
    for (const [from, to] of ranges) union.addRange(from, to);
  }
  const frames = [...partitions.values()].reduce((sum, { size }) => sum + size, 0);
  const items = parts.reduce((sum, part) => sum + part.items, 0);
  const counted = parts.reduce((sum, part) => sum + part.counted, 0);
  return { frames, items: counted === frames || counted === 0 ? items : Math.round((items / counted) * frames) };
}
