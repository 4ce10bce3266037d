import type { KafkaMessage } from 'kafkajs';
import type { BusRecord } from '../../ports/bus.ts';

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
