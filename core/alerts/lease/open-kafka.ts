import { randomUUID } from 'node:crypto';
import { kafkaClient, readAccess } from '../../engines/kafka/client.ts';
import { topicName } from '../../engines/kafka/config.ts';
import { KafkaLease } from './kafka-lease.ts';
import { KafkaPlace } from './kafka-place.ts';
import type { LeaseParts, SharedLease } from './open.ts';

/** Opens also while Kafka is down: it is then waited for. @throws HeliographError HG_ENGINE_LOGIN for a file that cannot be read */
export function openKafkaLease({ config, kafka, owner, clock, log }: LeaseParts): SharedLease {
  const access = readAccess(kafka);
  const client = () => kafkaClient(kafka, access, log);
  const topic = topicName(kafka, `alerts.${config.name}`);
  const place = new KafkaPlace({ client, config: kafka, topic, owner, run: randomUUID(), log });
  const { name } = config;
  const lease = new KafkaLease({ ...{ name, client, topic, place, log }, group: topic, mono: () => clock.mono() });
  return { lease, place };
}
