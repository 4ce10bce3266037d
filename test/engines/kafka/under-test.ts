import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { Health } from '../../../core/api/health.ts';
import type { KafkaBus } from '../../../core/engines/kafka/bus.ts';
import { kafkaClient } from '../../../core/engines/kafka/client.ts';
import { kafkaConfig } from '../../../core/engines/kafka/config.ts';
import { openKafkaBus } from '../../../core/engines/kafka/open.ts';
import { type Logger, silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';

/** Topics and groups as the contract of a bus wants them. */
const TOPICS = ['one', 'two'].map((name) => ({ name, groups: ['first', 'second'] }));

export interface OpenedBus {
  readonly bus: KafkaBus;
  readonly health: Health;
  readonly registry: Registry;
}

/** Buses on one real broker, each over topics of its own unless it is told a prefix, and a client of the broker beside them. */
export class KafkaUnderTest {
  readonly brokers: string;
  readonly client: Kafka;
  readonly admin: Admin;
  readonly #open: KafkaBus[] = [];
  #made = 0;

  private constructor(brokers: string) {
    this.brokers = brokers;
    this.client = kafkaClient(kafkaConfig.parse({ brokers: [brokers] }), { tls: null, sasl: null }, silentLog);
    this.admin = this.client.admin();
  }

  static async make(brokers: string): Promise<KafkaUnderTest> {
    const kafka = new KafkaUnderTest(brokers);
    await kafka.admin.connect();
    return kafka;
  }

  /** One that no topic has yet. */
  prefix(): string {
    return `t${++this.#made}`;
  }

  /** One partition unless stated: the contract wants the order of all keys. */
  async open(changes: object = {}, log: Logger = silentLog): Promise<OpenedBus> {
    const health = new Health(() => Date.now());
    const registry = new Registry();
    const config = kafkaConfig.parse({
      brokers: [this.brokers],
      prefix: this.prefix(),
      partitions: 1,
      session: '6s',
      timeout: '10s',
      ...changes,
    });
    const clock = { now: () => Date.now(), mono: () => performance.now() };
    const bus = await openKafkaBus({ config, topics: TOPICS, clock, log, registry, health });
    this.#open.push(bus);
    return { bus, health, registry };
  }

  /** As another program would: any key, any value. */
  async produce(topic: string, partition: number, records: readonly { key: Buffer | null; value: Buffer | null }[]) {
    const producer = this.client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic, messages: records.map((record) => ({ ...record, partition })) });
    await producer.disconnect();
  }

  async closeAll(): Promise<void> {
    for (const bus of this.#open.splice(0)) await bus.close();
  }

  async close(): Promise<void> {
    await this.closeAll();
    await this.admin.disconnect();
  }
}
