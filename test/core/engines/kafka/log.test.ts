import { expect, test } from 'vitest';
import { kafkaLog } from '../../../../core/engines/kafka/log.ts';

const LEVELS = { ERROR: 1, WARN: 2, INFO: 4, DEBUG: 5 } as const;

/** What a line of kafkajs comes to. */
function told(
  label: keyof typeof LEVELS,
  message: string,
  more: object = {},
): [string, string, Record<string, unknown>] {
  let line: [string, string, Record<string, unknown>] | null = null;
  const into = (level: string) => (words: string, facts?: Record<string, unknown>) => {
    line = [level, words, facts ?? {}];
  };
  const log = { debug: into('debug'), info: into('info'), warn: into('warn'), error: into('error') };
  const write = kafkaLog(log)(LEVELS.INFO);
  write({
    namespace: 'X',
    level: LEVELS[label],
    label,
    log: { timestamp: '2026-03-01T00:00:00Z', message, ...more },
  });
  return line!;
}

test('what kafkajs calls an error and goes away by itself is none', () => {
  const level = (message: string, error?: string) => told('ERROR', message, error ? { error } : {})[0];
  expect(
    level('Response JoinGroup(key: 11, version: 5)', "The coordinator is loading and hence can't process requests"),
  ).toBe('debug');
  expect(level('Response Heartbeat(key: 12, version: 3)', 'The group is rebalancing, so a rejoin is needed')).toBe(
    'debug',
  );
  expect(level('The coordinator is not aware of this member, re-joining the group')).toBe('debug');
  expect(level('Connection error: connect ECONNREFUSED 127.0.0.1:9092')).toBe('debug');
  expect(level('Failed to send messages: This server is not the leader for that topic-partition')).toBe('debug');
  expect(level('Crash: KafkaJSNumberOfRetriesExceeded: Broker not connected')).toBe('debug');
  expect(told('WARN', 'Limiting retries for the idempotent producer may invalidate EoS guarantees')[0]).toBe('debug');
});

test('what matters is told, in words of ours, with where and what it was', () => {
  const [level, words, facts] = told('ERROR', 'Offset out of range, resetting to default offset', {
    groupId: 'g',
    topic: 't',
    partition: 3,
    stack: 'long',
  });
  expect([level, words]).toEqual(['warn', expect.stringContaining('records that are no more')]);
  expect(facts).toEqual({
    kafkajs: 'Offset out of range, resetting to default offset',
    groupId: 'g',
    topic: 't',
    partition: 3,
  });
  expect(told('INFO', 'Consumer has joined the group', { memberAssignment: { t: [0] } })[0]).toBe('info');
});

test('a line that is not known keeps its words: an error is a warning, as it is of one try only', () => {
  expect(told('ERROR', 'Something new')).toEqual(['warn', 'Kafka: Something new', { kafkajs: 'Something new' }]);
  expect(told('WARN', 'Something else')[0]).toBe('warn');
  expect(told('INFO', 'Something nice')[0]).toBe('debug');
});
