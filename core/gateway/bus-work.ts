import type { BlockEntry } from '../../proto/block.ts';
import type { DataClass } from '../../proto/class.ts';
import { decodeFrame, type FrameHeader } from '../../proto/frame.ts';
import type { Fleet, FleetEvent } from '../fleet/fleet.ts';
import { encodeRecord } from '../indexer/record.ts';
import type { Account } from '../ledger/account.ts';
import type { DeadLetter } from '../ledger/dead-letters.ts';
import type { Gaps } from '../ledger/gaps.ts';
import type { Bus, BusRecord } from '../ports/bus.ts';
import { keepDeclared } from './declared.ts';
import { type BlockOrigin, isOurs, letterOf, type Opened } from './frames.ts';
import { unzstd, utf8 } from './tools.ts';

export interface BusWorkParts {
  readonly bus: Bus;
  readonly fleet: Fleet;
  readonly gaps: Gaps;
  /** What becomes of frames that cannot be taken; resolves when they are put away. */
  readonly setAside: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly account: Account;
  /** Lets others have their turn. */
  readonly breathe: (dataClass: DataClass, lane: 'live' | 'backfill') => Promise<unknown>;
}

/** What is put on the bus before others have their turn: some ms of work. */
const FRAMES_AT_ONCE = 500;
const BYTES_AT_ONCE = 1 << 20;

/** The topic of a class on the bus. */
export function topicOf(dataClass: DataClass): string {
  return dataClass === 'alert' ? 'events' : `logs.${dataClass}`;
}

/** Lines and events of a block on their way to the bus. */
export class BusWork {
  readonly #parts: BusWorkParts;

  constructor(parts: BusWorkParts) {
    this.#parts = parts;
  }

  /**
   * One portion after the other, so that frames of a block stay in order; portions of other blocks may come between. When the bus does not take one, those before it are there and accounted
   * for, and come again with their block. Resolves and rejects as BlockWork.write has it.
   */
  async write(origin: BlockOrigin, opened: readonly Opened[]): Promise<void> {
    const events: FleetEvent[] = [];
    for (let from = 0; from < opened.length; ) {
      if (from > 0) await this.#parts.breathe(origin.class, origin.lane);
      const to = endOfPortion(opened, from);
      events.push(...(await this.#publish(origin, opened.slice(from, to))));
      from = to;
    }
    // Not before: a block that the bus does not take comes again, with the same events.
    for (const event of events) this.#parts.fleet.event(event);
  }

  /** Gives the events in it. */
  async #publish(origin: BlockOrigin, opened: readonly Opened[]): Promise<FleetEvent[]> {
    const { bus, account } = this.#parts;
    const records: BusRecord[] = [];
    const taken: FrameHeader[] = [];
    const events: FleetEvent[] = [];
    const aside: DeadLetter[] = [];
    for (const { entry, header } of opened) {
      try {
        // Lines are decoded by the indexer, once; events are few and the fleet wants them now, and a declared drop must be known
        // before its frame is acknowledged.
        if (header.kind !== 'logs') events.push(...this.#look(origin, entry, header));
        const { host, received, skew, frame } = entry;
        const value = encodeRecord({
          relay: origin.relay,
          site: origin.site,
          host,
          received,
          skew,
          lane: origin.lane,
          frame,
        });
        records.push({ key: host, value });
        taken.push(header);
      } catch (error) {
        if (isOurs(error)) throw error;
        aside.push(letterOf(origin, entry, header, 'undecodable', error));
      }
    }
    await this.#parts.setAside(aside);
    if (records.length === 0) return events;
    let queued = 0;
    try {
      // Before it is published: the indexer may be done with it before this goes on.
      for (; queued < taken.length; queued++) account.queue(origin.class, taken[queued]!.count);
      await bus.publish(topicOf(origin.class), records);
    } catch (error) {
      for (const header of taken.slice(0, queued)) account.unpublish(origin.class, header.count);
      throw error;
    }
    account.onBus(
      origin.class,
      taken.length,
      taken.reduce((sum, { count }) => sum + count, 0),
    );
    return events;
  }

  /** Keeps declared drops; gives the events. */
  #look(origin: BlockOrigin, entry: BlockEntry, header: FrameHeader): FleetEvent[] {
    const frame = decodeFrame(entry.frame, { unzstd, utf8 });
    if (frame.kind === 'gap') keepDeclared(this.#parts.gaps, entry.host, header.class, frame.gaps);
    if (frame.kind !== 'events') return [];
    return frame.events.map(({ time, type, host, facts }) => ({ time, type, host, relay: origin.relay, facts }));
  }
}

/** Where the portion that begins at `from` ends: one frame at least. */
function endOfPortion(opened: readonly Opened[], from: number): number {
  let to = from;
  let bytes = 0;
  while (to < opened.length && to - from < FRAMES_AT_ONCE) {
    bytes += opened[to]!.entry.frame.length;
    if (to > from && bytes > BYTES_AT_ONCE) break;
    to++;
  }
  return to;
}
