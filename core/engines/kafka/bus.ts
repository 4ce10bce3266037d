import type { Kafka } from 'kafkajs';
import { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Health } from '../../api/health.ts';
import type { Bus, BusBatch, BusRecord, BusStanding, ConsumeOptions, Consumer } from '../../ports/bus.ts';
import type { EngineGate } from '../gate.ts';
import { groupName, type KafkaConfig, topicName } from './config.ts';
import { KafkaConsumer } from './consumer.ts';
import { engineError } from './errors.ts';
import { Offsets, type Standing, unread, waiting } from './offsets.ts';
import { type Position, positionOf } from './position.ts';
import { TopicPublisher } from './publisher.ts';

type Lag = Awaited<ReturnType<Bus['lag']>>;

export interface KafkaTopic {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface KafkaBusParts {
  readonly client: () => Kafka;
  readonly config: KafkaConfig;
  readonly gate: EngineGate;
  readonly engine: string;
  readonly topics: readonly KafkaTopic[];
  /** As the last look of the gate found them. */
  readonly partitions: (topic: string) => number;
  readonly health: Pick<Health, 'well' | 'ill'>;
  readonly log: Logger;
  readonly now: () => number;
  readonly timer: (run: () => void, ms: number) => () => void;
  readonly onSent: (topic: string, records: number) => void;
  /** Records of a topic are durable at these offsets, from and to. Must not throw. */
  readonly onPut: (topic: string, partition: number, from: number, to: number) => void;
  /** Records that were deleted before the group had them. */
  readonly onUnread: (topic: string, records: number) => void;
}

/** What a record is taken to have, in bytes, until one went by. */
const RECORD_BYTES = 1024;

/** The bus on Kafka: a topic of the core is one of the brokers', a group of the core one group for each topic. */
export class KafkaBus implements Bus {
  readonly #parts: KafkaBusParts;
  readonly #publishers: ReadonlyMap<string, TopicPublisher>;
  readonly #consumers = new Set<KafkaConsumer>();
  readonly #offsets: Offsets;
  /** Of each topic, what went by here: what a record has in the mean. */
  readonly #seen = new Map<string, { records: number; bytes: number }>();
  /** Up to which offset of a topic, group and partition it was said that records are gone. */
  readonly #told = new Map<string, number>();
  readonly #troubled = new Set<string>();
  #lag: Lag = [];

  constructor(parts: KafkaBusParts) {
    this.#parts = parts;
    this.#offsets = new Offsets(parts.client(), parts.timer);
    const client = parts.client();
    this.#publishers = new Map(
      parts.topics.map(({ name }) => [
        name,
        new TopicPublisher({
          client,
          config: parts.config,
          topic: topicName(parts.config, name),
          engine: parts.engine,
          partitions: () => parts.partitions(name),
          onFailure: (why) => parts.gate.doubt(why),
          onPut: (partition, from, to) => parts.onPut(name, partition, from, to),
          onSent: (records, bytes) => {
            this.#saw(name, records, bytes);
            parts.onSent(name, records);
          },
        }),
      ]),
    );
  }

  async publish(topic: string, records: readonly BusRecord[]): Promise<void> {
    this.#parts.gate.pass();
    const publisher = this.#publishers.get(topic);
    if (!publisher) throw new HeliographError('HG_JOURNAL_CHAIN', topic, { topic });
    await publisher.publish(records);
  }

  async consume(options: ConsumeOptions, handle: (batch: BusBatch) => Promise<void>): Promise<Consumer> {
    const { client, config, gate, engine, log, now, timer } = this.#parts;
    const { topic: name, group: groupOf, maxBytes } = options;
    const from = options.from === null ? null : positionOf(name, options.from);
    const topic = topicName(config, name);
    const group = groupName(config, groupOf, name);
    const consumer = new KafkaConsumer({
      client,
      config,
      gate,
      log,
      engine,
      name,
      topic,
      group,
      from,
      maxBytes,
      handle,
      look: (position) => this.#look(name, topic, group, position),
      onGap: (partition, at, to) => void this.#gap(name, topic, group, partition, at, to),
      onShared: options.onShared,
      onTrouble: (why) => this.#trouble(name, groupOf, why),
      onError: (error) =>
        log.error('a batch of the bus was not taken and comes again', { topic: name, 'error.message': String(error) }),
      onDelivered: (count, bytes) => this.#saw(name, count, bytes),
      now,
      timer,
    });
    this.#consumers.add(consumer);
    return {
      commit: (next) => consumer.commit(next),
      close: async () => {
        this.#consumers.delete(consumer);
        await consumer.close();
      },
    };
  }

  /** Records by offsets, exactly; bytes by the mean of the records that went by here. What was last known while the brokers do not answer. */
  async lag(): Promise<Lag> {
    const { gate, topics, config } = this.#parts;
    if (!gate.passed) return this.#lag;
    try {
      const asked = topics.flatMap(({ name, groups }) =>
        groups.map(async (group) => {
          const standing = await this.#offsets.standing(topicName(config, name), groupName(config, group, name));
          const records = standing.reduce((sum, one) => sum + waiting(one), 0);
          return { topic: name, group, records, bytes: Math.round(records * this.#mean(name)) };
        }),
      );
      this.#lag = await Promise.all(asked);
    } catch (error) {
      this.#parts.log.debug('the brokers do not say how far the indexers are', { 'error.message': String(error) });
    }
    return this.#lag;
  }

  /** @throws HeliographError HG_ENGINE_DOWN */
  async standing(topic: string, group: string): Promise<BusStanding[]> {
    const { config, engine, gate } = this.#parts;
    gate.pass();
    try {
      const standing = await this.#offsets.standing(topicName(config, topic), groupName(config, group, topic));
      return standing.map(({ partition, committed, high }) => ({ partition, done: Math.max(0, committed), end: high }));
    } catch (error) {
      throw engineError(engine, error);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    this.#consumers.clear();
    await Promise.all([...this.#publishers.values()].map((publisher) => publisher.close()));
    await this.#offsets.close();
    await this.#parts.gate.close();
  }

  async #look(name: string, topic: string, group: string, from: Position | null): Promise<Position | null> {
    const { engine, log } = this.#parts;
    try {
      const standing = await this.#offsets.standing(topic, group);
      for (const one of standing) this.#tell(name, group, one.partition, one.low, unread(one));
      if (from === null) return null;
      const resume = await this.#offsets.resumable(topic, standing, from);
      if (resume) log.info('the log store is ahead of its group; it goes on where the store is', { topic, ...resume });
      return resume;
    } catch (error) {
      throw engineError(engine, error);
    }
  }

  /** A gap is a loss where the retention did it; transactions of other programs leave gaps too. */
  async #gap(name: string, topic: string, group: string, partition: number, from: number, to: number): Promise<void> {
    try {
      const standing: Standing[] = await this.#offsets.standing(topic, group);
      const low = standing.find((one) => one.partition === partition)?.low ?? 0;
      this.#tell(name, group, partition, Math.min(low, to), Math.max(0, Math.min(low, to) - from));
    } catch (error) {
      this.#parts.log.warn('whether records were deleted before they were read is not known', {
        topic,
        partition,
        from,
        to,
        'error.message': String(error),
      });
    }
  }

  #tell(name: string, group: string, partition: number, low: number, records: number): void {
    const key = `${name} ${group} ${partition}`;
    if (records === 0 || (this.#told.get(key) ?? -1) >= low) return;
    this.#told.set(key, low);
    this.#parts.onUnread(name, records);
    this.#parts.log.error('records were deleted from a topic before they were read; a longer retention keeps them', {
      topic: name,
      group,
      partition,
      records,
    });
  }

  /** A part of its own on /healthz, from the first time that there was something the matter. */
  #trouble(name: string, group: string, why: HeliographError | null): void {
    const { health, log } = this.#parts;
    const part = `${group} of ${name}`;
    if (why === null) {
      if (this.#troubled.delete(part)) health.well(part);
      return;
    }
    this.#troubled.add(part);
    if (!health.ill(part, why.message)) return;
    log.error('a consumer cannot begin; what it should read waits on Kafka, and it is tried again', {
      part,
      'error.code': why.code,
      'error.message': why.message,
    });
  }

  #saw(topic: string, records: number, bytes: number): void {
    const seen = this.#seen.get(topic) ?? { records: 0, bytes: 0 };
    seen.records += records;
    seen.bytes += bytes;
    this.#seen.set(topic, seen);
  }

  #mean(topic: string): number {
    const seen = this.#seen.get(topic);
    return seen ? seen.bytes / seen.records : RECORD_BYTES;
  }
}
