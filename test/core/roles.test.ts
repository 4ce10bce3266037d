import { expect, test } from 'vitest';
import { coreConfig } from '../../core/config.ts';
import { slowestOf } from '../../core/freshness/freshness.ts';

const base = { dataDir: '/data', tls: { ca: 'ca.pem', cert: 'core.pem', key: 'core.key' } };
const engines = { metrics: 'victoriametrics', bus: 'kafka', logs: 'opensearch' };
const listen = { peers: { listen: '127.0.0.1:9473' } };
const ask = { peers: { ask: ['127.0.0.1:9473'] } };

function problems(changes: object): string[] {
  const parsed = coreConfig.safeParse({ ...base, ...changes });
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('roles that can be split, and those that cannot: the key, and what to write', () => {
  expect(problems({})).toEqual([]);
  expect(problems({ roles: ['gateway'], ...engines, ...listen })).toEqual([]);
  expect(problems({ roles: ['indexer'], ...engines, ...listen })).toEqual([]);
  expect(problems({ roles: ['console'], ...engines, ...ask })).toEqual([]);
  expect(problems({ roles: ['gateway', 'indexer'], ...engines, bus: 'embedded', ...listen })).toEqual([]);
  expect(problems({ roles: ['gateway', 'console'], ...engines, metrics: 'embedded', ...ask })).toEqual([]);
  expect(problems({ roles: ['gateway'], ...engines, bus: 'embedded', ...listen })).toEqual([
    expect.stringMatching(/^bus: .*bus: kafka/),
  ]);
  expect(problems({ roles: ['console'], ...engines, metrics: 'embedded', ...ask })).toEqual([
    expect.stringMatching(/^metrics: .*metrics: victoriametrics/),
  ]);
  expect(problems({ roles: ['console'], ...engines, logs: 'embedded', ...ask })).toEqual([
    expect.stringMatching(/^logs: .*logs: opensearch/),
  ]);
  expect(problems({ roles: ['indexer'], ...engines })).toEqual([expect.stringMatching(/^peers: write peers.listen/)]);
  expect(problems({ roles: ['console'], ...engines })).toEqual([expect.stringMatching(/^peers: write peers.ask/)]);
  expect(problems({ roles: ['alerts'], ...engines })).toEqual([expect.stringMatching(/^peers: write peers.listen/)]);
  const alerts = { roles: ['alerts'], ...engines, ...listen };
  expect(problems(alerts)).toEqual([]);
  expect(problems({ ...alerts, peers: { ...listen.peers, ...ask.peers } })).toEqual([]);
  expect(problems({ ...alerts, metrics: 'embedded' })).toEqual([
    expect.stringMatching(/^metrics: .*alerts.*metrics: victoriametrics/),
  ]);
  expect(problems({ ...alerts, bus: 'embedded' })).toEqual([expect.stringMatching(/^bus: .*alerts.*bus: kafka/)]);
  expect(problems({ ...alerts, logs: 'embedded' })).toEqual([
    expect.stringMatching(/^logs: .*alerts.*logs: opensearch/),
  ]);
  // What could be written before there was the role.
  expect(problems({ roles: ['gateway', 'indexer', 'console'] })).toEqual([]);
  expect(problems({ roles: ['nothing'], ...engines })).toHaveLength(1);
});

test('freshness of several processes: what all counted, and the slowest', () => {
  const one = (count: number, p99: number | null) => ({ count, p50: p99, p99, max: p99 });
  const view = (count: number, p99: number | null) => ({
    sentToQueryable: one(count, p99),
    sampleToQueryable: one(count, p99),
    sentToSearchable: one(0, null),
  });
  const both = slowestOf([view(2, 0.5), view(3, 0.25), view(0, null)]);
  expect(both.sentToQueryable).toEqual({ count: 5, p50: 0.5, p99: 0.5, max: 0.5 });
  expect(both.sentToSearchable).toEqual({ count: 0, p50: null, p99: null, max: null });
});
