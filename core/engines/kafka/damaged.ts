import { createRequire } from 'node:module';
import type { KafkaMessage } from 'kafkajs';

/** A batch as a broker has it, of which the records cannot be had. */
export interface DamagedBatch {
  /** The offset of its first record. */
  readonly first: number;
  /** The offset behind its last one; null where its header is damaged too. */
  readonly next: number | null;
  /** When the brokers took it, ms; 0 where that cannot be told. */
  readonly time: number;
  readonly bytes: Buffer;
  readonly why: string;
}

/** Stands among the messages of a fetch for those of a damaged batch. */
export type DamagedMessage = KafkaMessage & { readonly damaged: DamagedBatch };

interface Decoder {
  readonly buffer: Buffer;
  readInt32(): number;
  canReadBytes(length: number): boolean;
  readBytes(length: number): Buffer;
}

interface DecodedBatch {
  readonly records: readonly KafkaMessage[];
}

type Decode<T> = (decoder: Decoder) => Promise<T>;

/** Where the fields of a record batch stand (Kafka's message format 2). */
const AT = { length: 8, magic: 16, lastOffsetDelta: 23, maxTimestamp: 35, count: 57, records: 61 } as const;
const MAGIC = 2;

export function damagedOf(message: KafkaMessage): DamagedBatch | null {
  return (message as Partial<DamagedMessage>).damaged ?? null;
}

/**
 * kafkajs fails a whole fetch, of all partitions, where the records of one batch cannot be unpacked, and fetches the same again without end.
 * Now such a batch comes as one message that says so, between those before and behind it.
 */
export function tellDamagedBatches(): void {
  const require = createRequire(import.meta.url);
  const path = require.resolve('kafkajs/src/protocol/requests/fetch/v4/decodeMessages');
  const old = require(path) as Decode<KafkaMessage[]>;
  const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder;
  const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as Decode<DecodedBatch>;
  // Every version of the answer takes it from there when it is first asked for.
  require.cache[path]!.exports = async (decoder: Decoder): Promise<KafkaMessage[]> => {
    const size = decoder.readInt32();
    if (size <= 0 || !decoder.canReadBytes(size)) return [];
    const bytes = decoder.readBytes(size);
    if (bytes.length <= AT.magic || bytes.readInt8(AT.magic) !== MAGIC) {
      const head = Buffer.alloc(4);
      head.writeInt32BE(size);
      return old(new Decoder(Buffer.concat([head, bytes])));
    }
    const messages: KafkaMessage[] = [];
    for (let at = 0; at + AT.records <= bytes.length; ) {
      const end = at + AT.magic - 4 + bytes.readInt32BE(at + AT.length);
      // The last one is cut off where the answer was long enough.
      if (end > bytes.length || end < at + AT.records) break;
      const batch = bytes.subarray(at, end);
      messages.push(...(await messagesOf(batch, () => decodeBatch(new Decoder(batch)))));
      at = end;
    }
    return messages;
  };
}

async function messagesOf(batch: Buffer, decode: () => Promise<DecodedBatch>): Promise<readonly KafkaMessage[]> {
  const first = Number(batch.readBigInt64BE(0));
  const delta = batch.readInt32BE(AT.lastOffsetDelta);
  let why: string;
  try {
    const { records } = await decode();
    const last = first + delta;
    let before = first - 1;
    for (const { offset } of records) {
      const at = Number(offset);
      if (!(at > before && at <= last)) throw new Error(`a record of offset ${offset} behind ${before}`);
      before = at;
    }
    return records;
  } catch (error) {
    why = String(error);
  }
  // Nothing is compacted away in our topics: as many records as offsets, or the header says nothing of either.
  const whole = delta >= 0 && batch.readInt32BE(AT.count) === delta + 1;
  const time = Number(batch.readBigInt64BE(AT.maxTimestamp));
  const damaged: DamagedBatch = {
    first,
    next: whole ? first + delta + 1 : null,
    time: Number.isSafeInteger(time) && time > 0 ? time : 0,
    bytes: Buffer.from(batch),
    why,
  };
  const message: DamagedMessage & { readonly batchContext: object; readonly isControlRecord: boolean } = {
    // Never before the offset that was asked for: it would be left out.
    offset: String(whole ? first + delta : Number.MAX_SAFE_INTEGER),
    timestamp: String(damaged.time),
    key: null,
    value: null,
    attributes: 0,
    headers: {},
    batchContext: { inTransaction: false, producerId: '-1' },
    isControlRecord: false,
    damaged,
  };
  return [message];
}
