import kafkajs, { type Kafka, type KafkaMessage, type Producer } from 'kafkajs';
import { z } from 'zod';
import { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import type { KafkaConfig } from '../../engines/kafka/config.ts';
import { replicasWanted, topicSettings } from '../../engines/kafka/topics.ts';
import type { StatePlace, StateRecord } from '../notify/state/record.ts';
import { Again } from './again.ts';

/** How long what was written may take to come back. */
const READ_BACK_MS = 10_000;
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2, retries: 3 };
const CLAIM = 'lease/claim';
const MARK = 'mark/';

const stored = z.object({ value: z.json(), generation: z.number(), at: z.number() });
const claim = z.object({ value: z.object({ owner: z.string() }) });

export interface KafkaPlaceParts {
  readonly client: () => Kafka;
  readonly config: KafkaConfig;
  /** Of one partition, compacted. */
  readonly topic: string;
  readonly owner: string;
  /** Differs with each process: a group that died with its process would keep the partition for a while. */
  readonly run: string;
  readonly log: Logger;
}

/** Records in a compacted topic of one partition that cores share. The offsets of claims to the lease are its generations. */
export class KafkaPlace implements StatePlace {
  readonly isShared = true;
  readonly #parts: KafkaPlaceParts;
  readonly #loop: Again;
  readonly #waiting = new Set<{ readonly offset: number; readonly resolve: () => void }>();
  #take: ((records: readonly StateRecord[]) => void) | null = null;
  #early: StateRecord[] = [];
  #producer: Producer | null = null;
  #reads = false;
  #readTo = 0;
  #claimed: { readonly generation: number; readonly owner: string } | null = null;
  #troubled = false;

  constructor(parts: KafkaPlaceParts) {
    this.#parts = parts;
    this.#loop = new Again(
      (life) => this.#session(life),
      (error) => this.#trouble(error),
    );
  }

  /** The newest claim that was read. */
  get claimed(): { readonly generation: number; readonly owner: string } | null {
    return this.#claimed;
  }

  /** Whether it writes and reads now. */
  get isThere(): boolean {
    return this.#producer !== null && this.#reads;
  }

  /** What is there comes when the brokers answer. */
  async open(take: (records: readonly StateRecord[]) => void): Promise<void> {
    this.#take = take;
    take(this.#early.splice(0));
  }

  /** @throws HeliographError HG_ALERT_LEASE */
  async write(records: readonly StateRecord[]): Promise<void> {
    await this.#send(records);
  }

  async catchUp(): Promise<void> {
    const key = `${MARK}${this.#parts.owner}`;
    await this.#readUpTo(await this.#send([{ key, value: true, generation: 0, at: 0 }]));
  }

  /** Says that this core has the lease now, and reads all that was said before. @returns the generation */
  async claim(): Promise<number> {
    const offset = await this.#send([{ key: CLAIM, value: { owner: this.#parts.owner }, generation: 0, at: 0 }]);
    await this.#readUpTo(offset);
    return offset + 1;
  }

  close(): Promise<void> {
    return this.#loop.close();
  }

  async #session(life: AbortSignal): Promise<void> {
    const { client, topic, owner, run } = this.#parts;
    await this.#prepare();
    const producer = client().producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: RETRY,
    });
    const reader = client().consumer({
      groupId: `${topic}.reader.${owner}.${run}`,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: 200,
      retry: { ...RETRY, restartOnFailure: async () => false },
    });
    const ended = Promise.withResolvers<void>();
    reader.on(reader.events.CRASH, ({ payload }) => ended.reject(payload.error));
    ended.promise.catch(() => undefined);
    life.addEventListener('abort', () => ended.resolve(), { once: true });
    try {
      await producer.connect();
      await reader.connect();
      await reader.subscribe({ topics: [topic], fromBeginning: true });
      reader.on(reader.events.GROUP_JOIN, () => {
        this.#reads = true;
      });
      await reader.run({ autoCommit: false, eachBatch: async ({ batch }) => this.#read(batch.messages) });
      this.#producer = producer;
      this.#troubled = false;
      await ended.promise;
    } finally {
      this.#producer = null;
      this.#reads = false;
      await Promise.allSettled([producer.disconnect(), reader.disconnect()]);
    }
  }

  async #prepare(): Promise<void> {
    const { client, config, topic } = this.#parts;
    const admin = client().admin();
    try {
      await admin.connect();
      if ((await admin.listTopics()).includes(topic)) return;
      if (!config.create) throw new Error(`there is no topic ${topic}; make it, compacted, with one partition`);
      const { brokers } = await admin.describeCluster();
      const replicas = replicasWanted(config, brokers.length);
      const settings = {
        ...topicSettings(config, replicas),
        'cleanup.policy': 'compact',
        'compression.type': 'producer',
      };
      const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
      await admin.createTopics({
        topics: [{ topic, numPartitions: 1, replicationFactor: replicas, configEntries }],
        timeout: config.timeout,
        waitForLeaders: true,
      });
    } finally {
      await admin.disconnect();
    }
  }

  /** @returns the offset of the last */
  async #send(records: readonly StateRecord[]): Promise<number> {
    const { topic } = this.#parts;
    if (!this.#producer) throw new HeliographError('HG_ALERT_LEASE', `the topic ${topic} cannot be written now`);
    const messages = records.map(({ key, value, generation, at }) => ({
      key,
      partition: 0,
      // What is gone has no value, so that the brokers let go of it; when it went stands beside.
      value: value === null ? null : JSON.stringify({ value, generation, at }),
      ...(value === null ? { headers: { gone: JSON.stringify({ value: null, generation, at }) } } : {}),
    }));
    try {
      const [answer] = await this.#producer.send({ topic, messages, acks: -1 });
      return Number(answer!.baseOffset) + messages.length - 1;
    } catch (cause) {
      throw new HeliographError('HG_ALERT_LEASE', `${topic}: ${String(cause)}`, { topic }, cause);
    }
  }

  #readUpTo(offset: number): Promise<void> {
    if (this.#readTo > offset) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiting = {
        offset,
        resolve: () => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(new HeliographError('HG_ALERT_LEASE', `${this.#parts.topic} is not read up to ${offset} in time`));
      }, READ_BACK_MS);
      this.#waiting.add(waiting);
    });
  }

  #read(messages: readonly KafkaMessage[]): void {
    const records: StateRecord[] = [];
    for (const message of messages) {
      const key = message.key?.toString() ?? '';
      const text = message.value ?? message.headers?.gone;
      try {
        if (key === CLAIM) {
          const { owner } = claim.parse(JSON.parse(String(text))).value;
          this.#claimed = { generation: Number(message.offset) + 1, owner };
        } else if (!key.startsWith(MARK) && text) records.push({ key, ...stored.parse(JSON.parse(String(text))) });
      } catch (error) {
        this.#parts.log.error('a record about notifications cannot be read and is left out', {
          topic: this.#parts.topic,
          offset: message.offset,
          'error.message': String(error),
        });
      }
      this.#readTo = Number(message.offset) + 1;
    }
    if (this.#take) this.#take(records);
    else this.#early.push(...records);
    for (const waiting of this.#waiting) if (this.#readTo > waiting.offset) waiting.resolve();
  }

  #trouble(error: unknown): void {
    if (!this.#troubled) {
      this.#parts.log.error('what cores share about notifications cannot be reached; nobody is told until it can', {
        topic: this.#parts.topic,
        'error.message': String(error),
      });
    }
    this.#troubled = true;
  }
}
