import { type BlockEntry, decodeBlock, encodeBlock } from '../proto/block.ts';
import type { DataClass } from '../proto/class.ts';
import type { Hash } from '../proto/hash.ts';
import { packBlock, unpackBlock } from './block-packing.ts';
import type { FrameRecord } from './record.ts';
import type { SequenceState } from './sequences.ts';
import type { Losses } from './shape/stage.ts';

/** A journal record on its way to the core. */
export interface Taken {
  readonly start: number;
  readonly end: number;
  /** Of the record. */
  readonly items: number;
  /** Those that go to the core. */
  readonly sent: number;
  /** The others, by reason. */
  readonly lost: Losses;
  readonly state: SequenceState;
  readonly sequence: number;
}

export type LaneName = 'live' | 'backfill';

/** What one block message to the core carries, kept until the core has it durably. */
export interface Block {
  readonly id: number;
  readonly class: DataClass;
  lane: LaneName;
  readonly records: readonly Taken[];
  readonly items: number;
  /** Definitions that the frames name, with whose they are. */
  readonly named: readonly (readonly [string, Hash])[];
  readonly payload: Uint8Array;
}

export interface Entry {
  readonly taken: Taken;
  readonly record: FrameRecord;
}

export function makeBlock(
  id: number,
  dataClass: DataClass,
  lane: LaneName,
  relay: string,
  entries: readonly Entry[],
): Block {
  const named: (readonly [string, Hash])[] = [];
  const seen = new Map<string, Set<Hash>>();
  let items = 0;
  for (const { taken, record } of entries) {
    items += taken.sent;
    if (record.definitions.length === 0) continue;
    let hashes = seen.get(record.host);
    if (!hashes) {
      hashes = new Set();
      seen.set(record.host, hashes);
    }
    for (const hash of record.definitions) {
      if (hashes.has(hash)) continue;
      hashes.add(hash);
      named.push([record.host, hash]);
    }
  }
  const frames: BlockEntry[] = entries.map(({ record }) => record);
  return {
    id,
    class: dataClass,
    lane,
    records: entries.map((entry) => entry.taken),
    items,
    named,
    payload: encodeBlock(dataClass, relay, frames, packBlock),
  };
}

/** Two halves of a block the core refused, so that one bad frame does not take the others with it. */
export function splitBlock(block: Block, relay: string, nextId: () => number): Block[] {
  const { entries } = decodeBlock(block.payload, unpackBlock);
  const half = entries.length >> 1;
  return [
    [0, half],
    [half, entries.length],
  ].map(([from, to]) => {
    const records = block.records.slice(from, to);
    return {
      ...block,
      id: nextId(),
      records,
      items: records.reduce((sum, record) => sum + record.sent, 0),
      payload: encodeBlock(block.class, relay, entries.slice(from, to), packBlock),
    };
  });
}
