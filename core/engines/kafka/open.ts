import { after } from '../../../lib/after.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Registry } from '../../../lib/metrics.ts';
import type { Health } from '../../api/health.ts';
import { EngineGate } from '../gate.ts';
import { KafkaBus, type KafkaTopic } from './bus.ts';
import { checkKafka } from './check.ts';
import { kafkaClient, readAccess } from './client.ts';
import type { KafkaConfig } from './config.ts';

export interface KafkaOptions {
  readonly config: KafkaConfig;
  readonly topics: readonly KafkaTopic[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
  readonly health: Pick<Health, 'well' | 'ill'>;
  /** Told of records that are durable on a topic, at these offsets, from and to. */
  readonly onPut?: (topic: string, partition: number, from: number, to: number) => void;
}

/**
 * Opens the bus on Kafka. Resolves also while it is down: it is then waited for.
 * @throws HeliographError HG_ENGINE_ADDRESS, HG_ENGINE_LOGIN, HG_ENGINE_VERSION, HG_ENGINE_SETTING
 */
export async function openKafkaBus(options: KafkaOptions): Promise<KafkaBus> {
  const { config, topics, registry, health, log, clock } = options;
  const engine = `Kafka at ${config.brokers.join(', ')}`;
  const access = readAccess(config);
  const client = () => kafkaClient(config, access, log);
  const sent = registry.counter('heliograph_core_bus_sent_records_total', 'Records that Kafka has durably, by topic');
  const gone = registry.counter(
    'heliograph_core_bus_unread_records_total',
    'Records that Kafka deleted before they were read, by topic',
  );
  let partitions: ReadonlyMap<string, number> = new Map();
  const names = topics.map(({ name }) => name);
  const gate = await EngineGate.open({
    part: 'bus',
    engine,
    check: async () => {
      partitions = await checkKafka(client(), access, config, names, engine);
    },
    health,
    log,
    timer: after,
  });
  return new KafkaBus({
    client,
    config,
    gate,
    engine,
    topics,
    health,
    partitions: (topic) => partitions.get(topic) ?? config.partitions,
    log,
    now: () => clock.mono(),
    timer: after,
    onSent: (topic, records) => sent.inc({ topic }, records),
    onPut: options.onPut ?? (() => undefined),
    onUnread: (topic, records) => gone.inc({ topic }, records),
  });
}
