import kafkajs, { type Admin } from 'kafkajs';
import { HeliographError } from '../../../lib/errors.ts';
import { type KafkaConfig, topicName } from './config.ts';

/** A topic as the brokers have it. */
export interface FoundTopic {
  readonly name: string;
  readonly partitions: number;
  /** Copies of the partition that has the fewest. */
  readonly replicas: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** Where there are three brokers or more, three copies; else one. */
export function replicasWanted(config: KafkaConfig, brokers: number): number {
  return config.replicas ?? (brokers >= 3 ? 3 : 1);
}

/**
 * How a topic is made. One copy is acknowledged after fsync (`flush.messages`), several when two have it. Times are the brokers', so that a core with a
 * wrong clock has its records neither refused nor deleted at once. The brokers pack anew what another program packed in a way that we cannot unpack.
 */
export function topicSettings(config: KafkaConfig, replicas: number): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': String(config.retention),
    'retention.bytes': '-1',
    'compression.type': 'zstd',
    'max.message.bytes': String(config.messageBytes),
    'message.timestamp.type': 'LogAppendTime',
    'unclean.leader.election.enable': 'false',
    'min.insync.replicas': replicas > 1 ? '2' : '1',
    ...(replicas > 1 ? {} : { 'flush.messages': '1' }),
  };
}

/** What is wrong with a topic that is there, each with how to put it right; nothing where it may be used. */
export function topicDifferences(found: FoundTopic, config: KafkaConfig): string[] {
  const { name, partitions, replicas, settings } = found;
  const wrong: string[] = [];
  const set: string[] = [];
  const wants = (setting: string, good: (value: string) => boolean, needed: string, why: string) => {
    const value = settings[setting] ?? '';
    if (good(value)) return;
    wrong.push(`${setting} is ${value === '' ? 'not set' : value}: ${why}`);
    set.push(`${setting}=${needed}`);
  };
  const atLeast = (least: number) => (value: string) => value === '-1' || Number(value) >= least;
  if (partitions < config.partitions) {
    const fix = `kafka-topics.sh --alter --topic ${name} --partitions ${config.partitions}`;
    wrong.push(
      `${partitions} partitions, the configuration says ${config.partitions}: ${fix}, or change the configuration`,
    );
  }
  if (config.replicas !== undefined && replicas < config.replicas) {
    wrong.push(`${replicas} copies, the configuration says ${config.replicas}: kafka-reassign-partitions.sh`);
  }
  wants('cleanup.policy', (value) => value === 'delete', 'delete', 'all but the last frame of a host would go');
  wants('retention.ms', atLeast(config.retention), String(config.retention), 'records would go before they are read');
  wants('retention.bytes', (value) => value === '-1', '-1', 'records would go before they are read');
  wants(
    'compression.type',
    (value) => value === 'zstd' || value === 'gzip' || value === 'uncompressed',
    'zstd',
    'another program could write what cannot be unpacked here',
  );
  const bytes = config.messageBytes;
  wants('max.message.bytes', (value) => Number(value) >= bytes, String(bytes), 'large frames would be refused');
  const times = (value: string) => value === 'LogAppendTime';
  wants('message.timestamp.type', times, 'LogAppendTime', 'a core with a wrong clock would have its records deleted');
  if (replicas > 1) {
    const unclean = 'unclean.leader.election.enable';
    wants(unclean, (value) => value === 'false', 'false', 'what was acknowledged could go with a broker');
  }
  // Durable when answered: two copies have it, or the only one has it on its disk.
  const flushed = settings['flush.messages'] === '1';
  if (replicas > 1 && !flushed) {
    wants('min.insync.replicas', (value) => Number(value) >= 2, '2', 'one copy in memory would count as durable');
  } else if (!flushed)
    wants('flush.messages', () => false, '1', 'the only copy would be in memory when it is acknowledged');
  if (set.length > 0) {
    wrong.push(`kafka-configs.sh --alter --entity-type topics --entity-name ${name} --add-config ${set.join(',')}`);
  }
  return wrong;
}

/**
 * Makes the topics that are not there, and looks at those that are. The number of partitions of each, by its name in the core.
 * @throws HeliographError HG_ENGINE_SETTING; HG_ENGINE_DOWN where partitions have no leader or too few copies
 */
export async function prepareTopics(
  admin: Admin,
  config: KafkaConfig,
  topics: readonly string[],
  engine: string,
): Promise<Map<string, number>> {
  const { brokers } = await admin.describeCluster();
  const names = topics.map((topic) => topicName(config, topic));
  const there = new Set(await admin.listTopics());
  const missing = names.filter((name) => !there.has(name));
  if (missing.length > 0 && !config.create) {
    const fix = 'make them as docs/engines.md says, or write "create: true"';
    throw new HeliographError('HG_ENGINE_SETTING', `${engine}: there are no topics ${missing.join(', ')}; ${fix}`);
  }
  if (missing.length > 0) {
    const replicas = replicasWanted(config, brokers.length);
    const configEntries = Object.entries(topicSettings(config, replicas)).map(([name, value]) => ({ name, value }));
    await admin.createTopics({
      topics: missing.map((topic) => ({
        topic,
        numPartitions: config.partitions,
        replicationFactor: replicas,
        configEntries,
      })),
      timeout: config.timeout,
      waitForLeaders: true,
    });
  }
  const found = await describe(admin, names, engine);
  const wrong = found.flatMap((topic) => topicDifferences(topic, config).map((one) => `${topic.name}: ${one}`));
  if (wrong.length > 0) throw new HeliographError('HG_ENGINE_SETTING', `${engine}: ${wrong.join('; ')}`);
  return new Map(topics.map((topic, i) => [topic, found[i]!.partitions]));
}

async function describe(admin: Admin, names: readonly string[], engine: string): Promise<FoundTopic[]> {
  const [{ topics }, { resources }] = await Promise.all([
    admin.fetchTopicMetadata({ topics: [...names] }),
    admin.describeConfigs({
      includeSynonyms: false,
      resources: names.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
    }),
  ]);
  return names.map((name) => {
    const partitions = topics.find((topic) => topic.name === name)?.partitions ?? [];
    const entries = resources.find((resource) => resource.resourceName === name)?.configEntries ?? [];
    const settings = Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
    const least = Number(settings['min.insync.replicas'] ?? 1);
    for (const { partitionId, leader, isr } of partitions) {
      const why = leader < 0 ? 'has no leader' : isr.length < least ? `has ${isr.length} of ${least} copies` : null;
      if (why) throw new HeliographError('HG_ENGINE_DOWN', `${engine}: partition ${partitionId} of ${name} ${why}`);
    }
    const replicas = Math.min(...partitions.map((partition) => partition.replicas.length));
    return { name, partitions: partitions.length, replicas, settings };
  });
}
