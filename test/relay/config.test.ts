import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { relayConfig } from '../../relay/config.ts';

const FILE = {
  name: 'relay1',
  dataDir: '/data',
  tls: { ca: 'ca.pem', cert: 'relay.pem', key: 'relay.key' },
  cores: ['127.0.0.1:9471'],
};

const parse = (limits: Record<string, unknown>) => relayConfig.safeParse({ ...FILE, limits });

const troubles = (limits: Record<string, unknown>) =>
  parse(limits).error?.issues.map(({ path }) => path.join('.')) ?? [];

test('the rate of handshakes begins between its least and its most', () => {
  expect(troubles({})).toEqual([]);
  const path = ['limits.handshakesPerSecond'];
  expect(troubles({ handshakesPerSecond: 99 })).toEqual(path);
  expect(troubles({ handshakesPerSecond: 5001 })).toEqual(path);
  expect(troubles({ leastHandshakesPerSecond: 6000, mostHandshakesPerSecond: 200 })).toEqual(path);
  expect(troubles({ handshakesPerSecond: 50, leastHandshakesPerSecond: 50, mostHandshakesPerSecond: 50 })).toEqual([]);
});

test('what is on its way to the disk has room for a frame at least', () => {
  expect(troubles({ writingBytes: '1MiB' })).toEqual([]);
  expect(troubles({ writingBytes: '1023KiB' })).toEqual(['limits.writingBytes']);
});

test('each worker has room for definitions', () => {
  expect(troubles({ definitionBytesTotal: '31MiB' })).toEqual(['limits.definitionBytesTotal']);
  const of = (workers: number) =>
    relayConfig.safeParse({ ...FILE, workers, limits: { definitionBytesTotal: '96MiB' } });
  expect(of(3).success).toBe(true);
  expect(of(4).error?.issues.map(({ path }) => path.join('.'))).toEqual(['limits.definitionBytesTotal']);
});

test('as many hosts as there is room for by default fit into the memory and the descriptors that the unit and the composition give', () => {
  const { limits } = parse({}).data!;
  // docs/operations.md, "Raise in good time".
  const needed = limits.connections * 85 * 1024 + limits.writingBytes + limits.heldBytesTotal + 150 * 1024 ** 2;
  const unit = readFileSync('deploy/systemd/heliograph-relay.service', 'utf8');
  expect(Number(/^MemoryMax=(\d+)G$/m.exec(unit)?.[1]) * 1024 ** 3).toBeGreaterThan(needed);
  expect(Number(/^LimitNOFILE=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(2 * limits.connections);
  const relay = /^x-relay:[\s\S]*?\n\n/m.exec(readFileSync('deploy/compose.yaml', 'utf8'))?.[0];
  expect(Number(/mem_limit: (\d+)g/.exec(relay ?? '')?.[1]) * 1024 ** 3).toBeGreaterThan(needed);
});

test('WebSocket has another port than mqtt.listen, or none of its own', () => {
  const of = (mqtt: string, websocket: object) =>
    relayConfig
      .safeParse({ ...FILE, mqtt: { listen: mqtt }, websocket })
      .error?.issues.map(({ path }) => path.join('.')) ?? [];
  expect(of('0.0.0.0:443', { listen: '0.0.0.0:443' })).toEqual(['websocket.listen']);
  expect(of('0.0.0.0:8883', { listen: '0.0.0.0:443' })).toEqual([]);
  expect(of('0.0.0.0:443', {})).toEqual([]);
  expect(of('127.0.0.1:0', { listen: '127.0.0.1:0' })).toEqual([]);
  expect(of('0.0.0.0:443', { path: 'mqtt' })).toEqual(['websocket.path']);
});
