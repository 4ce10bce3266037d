import type { KafkaMessage } from 'kafkajs';
import type { BusDamage, BusRecord } from '../../ports/bus.ts';
import { type DamagedBatch, damagedOf } from './damaged.ts';

/** What is handed out at once: records of one partition, in order. */
export interface Piece {
  readonly partition: number;
  readonly records: readonly BusRecord[];
  /** The offset of each record. */
  readonly offsets: readonly number[];
  /** The offset behind the last. */
  readonly next: number;
  /** When the brokers took the last one, in ms. */
  readonly time: number;
  /** Its records cannot be read, and are passed over. */
  readonly damaged?: Pick<BusDamage, 'first' | 'next' | 'why' | 'bytes'>;
}

/** A host's name is shorter; what another program wrote may have any key. */
const KEY_BYTES = 256;
const NOTHING = new Uint8Array(0);

/** Cuts what was fetched of a partition into pieces of at most `maxBytes` of records; one larger record is a piece alone. */
export function* piecesOf(partition: number, messages: readonly KafkaMessage[], maxBytes: number): Generator<Piece> {
  for (let from = 0; from < messages.length; ) {
    let bytes = 0;
    let to = from;
    while (to < messages.length) {
      const { key, value } = messages[to]!;
      bytes += (key?.length ?? 0) + (value?.length ?? 0);
      if (to > from && bytes > maxBytes) break;
      to++;
    }
    const taken = messages.slice(from, to);
    const last = taken.at(-1)!;
    yield {
      partition,
      records: taken.map(recordOf),
      offsets: taken.map(({ offset }) => Number(offset)),
      next: Number(last.offset) + 1,
      time: Number(last.timestamp),
    };
    from = to;
  }
}

/** More offsets than a batch can have are a damaged header. */
const MOST_OFFSETS = 1 << 20;

/**
 * A damaged batch as a piece without records.
 * @param from where the partition is read from: inside the batch, where a part of it was done
 * @param end the offset of the next record to come
 * @param follower what the same fetch has behind it, if there is anything
 */
export function passedOver(
  partition: number,
  batch: DamagedBatch,
  from: number,
  end: number,
  follower: KafkaMessage | undefined,
): Piece {
  const first = Math.max(from, batch.first);
  // Where its header does not say where it ends, it ends where the one behind it begins.
  const ends = [batch.next, follower === undefined ? null : beginOf(follower)];
  const told = ends.find((one) => one !== null && one > first && one <= end && one - first <= MOST_OFFSETS);
  // Where that cannot be had either, the next offset is tried: a broker gives the batch that has it.
  const next = told ?? first + 1;
  return {
    partition,
    records: [],
    offsets: Array.from({ length: next - first }, (_, i) => first + i),
    next,
    time: batch.time,
    damaged: { first, next, why: batch.why, bytes: batch.bytes },
  };
}

function beginOf(message: KafkaMessage): number {
  return damagedOf(message)?.first ?? Number(message.offset);
}

/** Without what lies before `offset`; null when nothing is left. */
export function pieceFrom(piece: Piece, offset: number): Piece | null {
  const at = piece.offsets.findIndex((one) => one >= offset);
  if (at < 0) return null;
  return at === 0 ? piece : { ...piece, records: piece.records.slice(at), offsets: piece.offsets.slice(at) };
}

/** A record without a key or a value is none of ours; it goes on as one without bytes, which whoever decodes it sets aside. */
function recordOf({ key, value }: KafkaMessage): BusRecord {
  return { key: key?.toString('utf8', 0, KEY_BYTES) ?? '', value: value ?? NOTHING };
}
