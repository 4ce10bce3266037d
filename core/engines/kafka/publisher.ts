import kafkajs, { type Kafka, type Message, type Producer } from 'kafkajs';
import { HeliographError } from '../../../lib/errors.ts';
import type { BusRecord } from '../../ports/bus.ts';
import type { KafkaConfig } from './config.ts';
import { engineError } from './errors.ts';
import { partitionOf } from './partition.ts';

/** Tries of one send, with a growing pause, before its callers are told: 100, 200, 400 ms and so on, about 10 s of pauses. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 3_000, factor: 0.2, multiplier: 2, retries: 7 };
/** What stands around a record in a batch, at most, and around a batch. */
const AROUND = 64;
const AROUND_BATCH = 4096;
/** kafkajs copies its list of a partition with every record of it. */
const MOST_RECORDS = 2_000;

export interface PublisherParts {
  readonly client: Kafka;
  readonly config: KafkaConfig;
  /** As the brokers call it. */
  readonly topic: string;
  readonly engine: string;
  /** As the last look found it. */
  readonly partitions: () => number;
  /** The brokers did not take something; it was told to its callers. */
  readonly onFailure: (why: HeliographError) => void;
  readonly onSent: (records: number, bytes: number) => void;
  /** Records are durable at these offsets, from and to. Must not throw: they would be told to their callers as not taken. */
  readonly onPut: (partition: number, from: number, to: number) => void;
}

interface Waiting {
  readonly records: readonly BusRecord[];
  readonly bytes: number;
  /** Records that are sent or being sent, and those that are durable. */
  given: number;
  done: number;
  readonly resolve: () => void;
  readonly reject: (why: HeliographError) => void;
}

interface Send {
  readonly messages: (Message & { readonly partition: number })[];
  readonly shares: { readonly waiting: Waiting; readonly records: number }[];
  bytes: number;
}

/**
 * Publishes to one topic: what waits goes together, one send at a time. More than one at a time over one kafkajs producer would lose data: a send
 * that fails gives its sequence numbers back, the next takes them, and the brokers, which had the first after all, take the next for a repeat of it.
 * For the same reason a producer that failed is thrown away: the next begins with an id of its own.
 */
export class TopicPublisher {
  readonly #parts: PublisherParts;
  #queue: Waiting[] = [];
  #queued = 0;
  #running: Promise<void> | null = null;
  #producer: Producer | null = null;
  #closed = false;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when the brokers have all records durably. After a rejection some may be there; they come twice when it is called again.
   * @throws HeliographError HG_BUS_RECORD (too large), HG_CORE_BUSY (too much waits), HG_ENGINE_...
   */
  async publish(records: readonly BusRecord[]): Promise<void> {
    const { config, topic } = this.#parts;
    if (this.#closed) throw new HeliographError('HG_ENGINE_DOWN', `${topic}: the bus is closed`);
    if (records.length === 0) return;
    let bytes = 0;
    for (const record of records) {
      const size = sizeOf(record);
      if (size > config.messageBytes - AROUND_BATCH) {
        throw new HeliographError('HG_BUS_RECORD', `${size} bytes, messageBytes is ${config.messageBytes}`);
      }
      bytes += size;
    }
    if (this.#queued > 0 && this.#queued + bytes > config.queueBytes) {
      throw new HeliographError('HG_CORE_BUSY', `${topic}: ${this.#queued} bytes wait for ${this.#parts.engine}`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#queue.push({ records, bytes, given: 0, done: 0, resolve, reject });
    this.#queued += bytes;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    await promise;
  }

  /** Sends what waits, or fails it. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    await this.#forget();
  }

  async #run(): Promise<void> {
    // What is published in the same turn goes together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const send = this.#next();
      try {
        await this.#send(send);
      } catch (error) {
        await this.#fail(engineError(this.#parts.engine, error));
        continue;
      }
      this.#parts.onSent(send.messages.length, send.bytes);
      for (const { waiting, records } of send.shares) {
        waiting.done += records;
        if (waiting.done < waiting.records.length) continue;
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        this.#queued -= waiting.bytes;
        waiting.resolve();
      }
    }
  }

  /** As many of the oldest records as fit into one message of the topic, even if all go to one partition. */
  #next(): Send {
    const { config, partitions } = this.#parts;
    const most = config.messageBytes - AROUND_BATCH;
    const count = partitions();
    const send: Send = { messages: [], shares: [], bytes: 0 };
    for (const waiting of this.#queue) {
      const from = waiting.given;
      while (waiting.given < waiting.records.length && send.messages.length < MOST_RECORDS) {
        const record = waiting.records[waiting.given]!;
        const size = sizeOf(record);
        if (send.bytes > 0 && send.bytes + size > most) break;
        const { buffer, byteOffset, length } = record.value;
        const key = Buffer.from(record.key, 'utf8');
        send.messages.push({
          key,
          value: Buffer.from(buffer as ArrayBuffer, byteOffset, length),
          partition: partitionOf(key, count),
        });
        send.bytes += size;
        waiting.given++;
      }
      if (waiting.given > from) send.shares.push({ waiting, records: waiting.given - from });
      if (waiting.given < waiting.records.length) break;
    }
    return send;
  }

  async #send({ messages }: Send): Promise<void> {
    const { topic, config, engine } = this.#parts;
    this.#producer ??= await this.#connect();
    const answers = await this.#producer.send({
      topic,
      messages,
      acks: -1,
      timeout: config.timeout,
      compression: kafkajs.CompressionTypes.ZSTD,
    });
    const counts = new Map<number, number>();
    for (const { partition } of messages) counts.set(partition!, (counts.get(partition!) ?? 0) + 1);
    for (const { partition, baseOffset } of answers) {
      const from = Number(baseOffset ?? -1);
      if (from >= 0) this.#parts.onPut(partition, from, from + counts.get(partition)! - 1);
    }
    // kafkajs resolves also when a partition fell through: one that moved to a broker which had answered before a repeat, or that is gone.
    const answered = new Set(answers.map(({ partition }) => partition));
    for (const { partition } of messages) {
      if (answered.has(partition)) continue;
      throw new HeliographError('HG_ENGINE_DOWN', `${engine}: no answer for partition ${partition} of ${topic}`);
    }
  }

  async #connect(): Promise<Producer> {
    const producer = this.#parts.client.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: RETRY,
    });
    try {
      await producer.connect();
    } catch (error) {
      await producer.disconnect();
      throw error;
    }
    return producer;
  }

  /** Those behind it fail too: gone on with, they would overtake what comes again. */
  async #fail(why: HeliographError): Promise<void> {
    const failed = this.#queue;
    this.#queue = [];
    this.#queued = 0;
    this.#parts.onFailure(why);
    for (const waiting of failed) waiting.reject(why);
    await this.#forget();
  }

  async #forget(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    try {
      await producer?.disconnect();
    } catch (error) {
      // Nobody waits for it; what it says of the brokers is looked at.
      this.#parts.onFailure(engineError(this.#parts.engine, error));
    }
  }
}

function sizeOf({ key, value }: BusRecord): number {
  return Buffer.byteLength(key) + value.length + AROUND;
}
