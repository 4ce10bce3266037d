import { expect, test } from 'vitest';
import { kafkaConfig } from '../../../../core/engines/kafka/config.ts';
import { replicasWanted, topicDifferences, topicSettings } from '../../../../core/engines/kafka/topics.ts';

const config = kafkaConfig.parse({ retention: '2d' });
const topic = (replicas: number, changes: Record<string, string> = {}, partitions = 6) => ({
  name: 'heliograph.events',
  partitions,
  replicas,
  settings: { ...topicSettings(config, replicas), ...changes },
});

test('a topic as it is made is one that may be used, with one copy and with three', () => {
  expect(replicasWanted(config, 1)).toBe(1);
  expect(replicasWanted(config, 2)).toBe(1);
  expect(replicasWanted(config, 5)).toBe(3);
  expect(topicSettings(config, 1)).toMatchObject({ 'flush.messages': '1', 'retention.ms': '172800000' });
  expect(topicSettings(config, 3)).toMatchObject({ 'min.insync.replicas': '2' });
  expect(topicSettings(config, 3)).not.toHaveProperty('flush.messages');
  for (const replicas of [1, 2, 3]) expect(topicDifferences(topic(replicas), config)).toEqual([]);
});

test('more than is asked for is no difference', () => {
  const more = {
    'retention.ms': '-1',
    'max.message.bytes': '99999999',
    'min.insync.replicas': '3',
    'compression.type': 'gzip',
  };
  expect(topicDifferences(topic(3, more, 12), config)).toEqual([]);
});

test('everything by which data would be lost is a difference, with the command that mends it', () => {
  const differs = (replicas: number, changes: Record<string, string>) =>
    topicDifferences(topic(replicas, changes), config).at(-1);
  expect(differs(3, { 'min.insync.replicas': '1' })).toBe(
    'kafka-configs.sh --alter --entity-type topics --entity-name heliograph.events --add-config min.insync.replicas=2',
  );
  // Acknowledged is fsynced then, so one copy is enough.
  expect(differs(3, { 'min.insync.replicas': '1', 'flush.messages': '1' })).toBeUndefined();
  expect(differs(3, { 'unclean.leader.election.enable': 'true' })).toContain('unclean.leader.election.enable=false');
  expect(differs(1, { 'flush.messages': '9223372036854775807' })).toContain('flush.messages=1');
  expect(differs(1, { 'cleanup.policy': 'compact,delete' })).toContain('cleanup.policy=delete');
  expect(differs(1, { 'retention.ms': '172799999' })).toContain('retention.ms=172800000');
  expect(differs(1, { 'retention.bytes': '1000' })).toContain('retention.bytes=-1');
  expect(differs(1, { 'compression.type': 'producer' })).toContain('compression.type=zstd');
  expect(differs(1, { 'max.message.bytes': '1048588' })).toContain('max.message.bytes=4194304');
  expect(differs(1, { 'message.timestamp.type': 'CreateTime' })).toContain('message.timestamp.type=LogAppendTime');
  expect(topicDifferences(topic(1, {}, 5), config)).toEqual([expect.stringContaining('--partitions 6')]);
  const three = kafkaConfig.parse({ retention: '2d', replicas: 3 });
  expect(topicDifferences(topic(1), three)).toEqual([expect.stringContaining('1 copies, the configuration says 3')]);
});
