import type { Kafka } from 'kafkajs';
import type { HeliographError } from '../../../lib/errors.ts';
import type { Access } from './client.ts';
import type { KafkaConfig } from './config.ts';
import { engineError } from './errors.ts';
import { probeBroker } from './probe.ts';
import { prepareTopics } from './topics.ts';

/**
 * Whether the brokers can be used: Kafka, new enough, let us in, have our topics as they must be. The number of partitions of each topic.
 * @throws HeliographError HG_ENGINE_ADDRESS, HG_ENGINE_LOGIN, HG_ENGINE_VERSION, HG_ENGINE_SETTING; HG_ENGINE_DOWN while they are down
 */
export async function checkKafka(
  client: Kafka,
  access: Access,
  config: KafkaConfig,
  topics: readonly string[],
  engine: string,
): Promise<Map<string, number>> {
  await probeAny(config.brokers, access, engine);
  const admin = client.admin();
  try {
    await admin.connect();
    return await prepareTopics(admin, config, topics, engine);
  } catch (error) {
    throw engineError(engine, error);
  } finally {
    await admin.disconnect();
  }
}

/** One that is good is enough: the others may be down. */
async function probeAny(brokers: readonly string[], access: Access, engine: string): Promise<void> {
  let why: HeliographError | null = null;
  for (const broker of brokers) {
    try {
      await probeBroker(broker, access, engine);
      return;
    } catch (error) {
      const typed = engineError(engine, error);
      // What does not go away by waiting says more.
      if (why === null || why.code === 'HG_ENGINE_DOWN') why = typed;
    }
  }
  if (why) throw why;
}
