import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kafkaClient } from '../../core/engines/kafka/client.ts';
import { kafkaConfig } from '../../core/engines/kafka/config.ts';
import type { HostView } from '../../core/fleet/host.ts';
import type { Hop } from '../../core/ledger/hops.ts';
import type { Ledger } from '../../lib/ledger.ts';
import { silentLog } from '../../lib/log.ts';
import { seededRandom } from '../../simulator/random.ts';
import { type AllEngines, startEngines } from '../support/all-engines.ts';
import { expectAllThere } from '../support/all-there.ts';
import { tokenIn } from '../support/core/token.ts';
import { expectEveryLineOnce } from '../support/lines-once.ts';
import { expectNoLosses } from '../support/no-losses.ts';
import { NumberedLog } from '../support/numbered-log.ts';
import { simulateQuietly } from '../support/quiet-simulation.ts';
import { createSplitCore, type SplitCore } from '../support/split-core.ts';
import { until } from '../support/until.ts';

interface LedgerAnswer {
  balanced: boolean;
  words: string[];
  tiers: Ledger[];
  hops: Hop[];
}

let engines: AllEngines;
let core: SplitCore;
let log: NumberedLog;

beforeAll(async () => {
  engines = await startEngines();
  core = await createSplitCore(engines.config);
  await core.start();
  log = new NumberedLog(core.logFolder, 'web-1', seededRandom(1));
});
afterAll(async () => {
  log?.stop();
  await core?.close();
  await engines?.stop();
});

const get = async <T>(path: string): Promise<T> => (await fetch(new URL(path, core.console.http))).json() as Promise<T>;
const hosts = async () => (await get<{ hosts: HostView[] }>('/api/v1/fleet')).hosts;

test('the console shows what its gateways and indexers know, and sends down what is wanted of a host', async () => {
  await until('the collector is seen', async () =>
    (await hosts()).some(({ host, state }) => host === 'web-1' && state === 'connected'),
  );
  const { relays } = await get<{ relays: { relay: string }[] }>('/api/v1/fleet');
  expect(new Set(relays.map(({ relay }) => relay))).toEqual(new Set(['relay-1', 'relay-2']));
  expect(await get('/healthz')).toMatchObject({ well: true });

  const lines: string[] = [];
  const stop = new AbortController();
  const tail = (async () => {
    const answer = await fetch(new URL('/api/v1/logs/tail?host=web-1', core.console.http), { signal: stop.signal });
    for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) lines.push(text);
  })().catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
  await until('a line on the tail', () => {
    log.write(1);
    return lines.join('').includes('number=');
  });
  stop.abort();
  await tail;

  const desired = { version: 1, levels: { other: 'error' } };
  const body = JSON.stringify(desired);
  const authorization = `Bearer ${tokenIn(core.console.dataDir, 'levels:write')}`;
  const headers = { 'content-type': 'application/json', authorization };
  const put = await fetch(new URL('/api/v1/fleet/web-1/desired', core.console.http), { method: 'PUT', body, headers });
  expect(await put.json()).toMatchObject({ sentTo: [expect.stringMatching(/^relay-/)] });
  // Every gateway has it, for when the host comes to another one.
  for (const gateway of core.gateways) {
    await until('a gateway knows', async () => {
      const answer = await fetch(new URL('/api/v1/fleet/web-1/desired', gateway.http));
      return answer.ok && JSON.stringify(await answer.json()) === body;
    });
  }
  await fetch(new URL('/api/v1/fleet/web-1/desired', core.console.http), {
    method: 'DELETE',
    headers: { authorization },
  });
});

test('gateways, indexers and relays are killed in turn under load: nothing is lost or doubled, and the ledger of all of them balances', {
  timeout: 900_000,
}, async () => {
  const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 1e9));
  const random = seededRandom(seed);
  const stop = new AbortController();
  const simulation = simulateQuietly({
    hosts: 20,
    relay: core.relays[0]!.address,
    intervalMs: 2_000,
    logsPerSecond: 100,
    authority: core.authority.directory,
    verify: core.console.http,
    verifyMs: 120_000,
    seed,
    signal: stop.signal,
    drainMs: 60_000,
  });
  log.start(100);
  const victims = [...core.gateways, ...core.indexers].map(({ process }) => process);
  for (const victim of [victims[0]!, victims[2]!, core.relays[0]!.process, victims[1]!, victims[3]!]) {
    await wait(3_000 + random() * 3_000);
    await victim.kill();
    await wait(random() * 4_000);
    await victim.start();
  }
  await wait(3_000);
  log.stop();
  stop.abort();
  const run = await simulation;
  const fault = `seed ${seed}`;
  expectAllThere(run, fault);
  await expectNoLosses(
    core.console.http,
    core.relays.map(({ url }) => url),
    fault,
    90_000,
  );
  await until(
    'the ledger balances',
    async () => {
      const { balanced, words, tiers, hops } = await get<LedgerAnswer>('/api/v1/ledger');
      const names = tiers.filter(({ tier }) => tier === 'core').map(({ name }) => name);
      expect(new Set(names)).toEqual(new Set(['gateway-1', 'gateway-2', 'indexer-1', 'indexer-2']));
      if (!balanced) throw new Error(words.join('\n'));
      // Over the bus: each record once, whatever gateways published and indexers took again.
      const overBus = hops.filter(({ to }) => to === 'indexers');
      return overBus.some(({ class: name }) => name === 'log') && overBus.every(({ state }) => state === 'equal');
    },
    { withinMs: 60_000, everyMs: 1_000 },
  );
  expect(log.lines).toBeGreaterThan(100);
  await expectEveryLineOnce(core.console.http, 'web-1', log.lines, fault);
});

test('records that Kafka deletes before an indexer takes them are said to be missing between gateways and indexers', async () => {
  for (const { process } of core.indexers) await process.kill();
  const brokers = [engines.bus.values.KAFKA_BROKERS!];
  const client = kafkaClient(kafkaConfig.parse({ brokers }), { tls: null, sasl: null }, silentLog);
  const admin = client.admin();
  await admin.connect();
  try {
    const topic = 'heliograph.logs.log';
    const groupId = 'heliograph.indexer.logs.log';
    const waiting = async () => {
      const [ends, [group]] = await Promise.all([
        admin.fetchTopicOffsets(topic),
        admin.fetchOffsets({ groupId, topics: [topic] }),
      ]);
      const done = new Map(group!.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]));
      return ends
        .map(({ partition, high }) => ({
          partition,
          high: Number(high),
          records: Number(high) - done.get(partition)!,
        }))
        .filter(({ records }) => records > 0);
    };
    const lost = await until('some wait on Kafka', async () => {
      log.write(1);
      const found = await waiting();
      return found.reduce((sum, { records }) => sum + records, 0) >= 3 ? found : null;
    });
    await admin.deleteTopicRecords({
      topic,
      partitions: lost.map(({ partition, high }) => ({ partition, offset: String(high) })),
    });
    for (const { process } of core.indexers) await process.start();
    const records = lost.reduce((sum, one) => sum + one.records, 0);
    await until(
      'it is said',
      async () => {
        log.write(1);
        const { balanced, hops, words } = await get<LedgerAnswer>('/api/v1/ledger');
        const hop = hops.find(({ to, class: name }) => to === 'indexers' && name === 'log');
        if (balanced || hop?.state !== 'missing') return false;
        return (
          hop.sent.frames - hop.received.frames === records &&
          words.some((line) => line.startsWith('From gateways to indexers, log: '))
        );
      },
      { withinMs: 90_000, everyMs: 1_000 },
    );
  } finally {
    await admin.disconnect();
  }
});
