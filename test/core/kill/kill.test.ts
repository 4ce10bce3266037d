import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CertificateFiles } from '../../../lib/certificates/authority.ts';
import { imbalance, type Ledger } from '../../../lib/ledger.ts';
import type { BlockEntry } from '../../../proto/block.ts';
import { TestCore } from '../../support/core/core.ts';
import { type TestDefinition, TestHost } from '../../support/core/host.ts';
import { TestRelay } from '../../support/core/relay.ts';
import { until } from '../../support/until.ts';

const SCRIPT = fileURLToPath(new URL('../../support/core/core-process.ts', import.meta.url));
const ROUNDS = process.env.HELIOGRAPH_LONG === '1' ? 30 : 4;
const SERIES = 20;

let made: TestCore;
let files: CertificateFiles;
let child: ChildProcess;
let ports: { ingest: number; http: number };

beforeAll(async () => {
  made = await TestCore.make();
  files = await made.issue('relay-1', 'relay');
});
afterAll(async () => {
  child?.kill('SIGKILL');
  await made.remove();
});

async function start(): Promise<void> {
  child = fork(SCRIPT, [JSON.stringify(made.config)], {
    execArgv: ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0123'],
  });
  [ports] = (await once(child, 'message')) as [typeof ports];
}

async function json<T>(path: string): Promise<T> {
  return (await fetch(`http://127.0.0.1:${ports.http}${path}`)).json() as Promise<T>;
}

test('kill -9 under load: what was acknowledged is there, once, and the ledger balances', {
  timeout: 600_000,
}, async () => {
  const host = new TestHost('web-1');
  const page: TestDefinition & { series: readonly unknown[] } = host.page(
    Array.from({ length: SERIES }, (_, i) => ({ name: 'killed', labels: { i: String(i).padStart(3, '0') } })),
  );
  const epoch = Math.floor(Date.now() / 1000) * 1000 - 600_000;
  /** By the number it carries. */
  const metricEntries = new Map<number, BlockEntry>();
  const lineEntries = new Map<number, BlockEntry>();
  const acknowledged = { metric: new Set<number>(), log: new Set<number>() };
  let next = 0;

  for (let round = 0; round < ROUNDS; round++) {
    await start();
    const relay = await new TestRelay(ports.ingest, 'relay-1', files).hello();
    relay.define('web-1', page);
    // What the last life did not acknowledge comes first, as a relay sends it: some of it is there already.
    const open: { id: number; kind: 'metric' | 'log'; number: number }[] = [];
    const give = (kind: 'metric' | 'log', number: number) => {
      const entry = (kind === 'metric' ? metricEntries : lineEntries).get(number)!;
      open.push({ id: relay.block(kind, [entry], number % 7 === 0 ? 1 : 0), kind, number });
    };
    for (const number of metricEntries.keys()) if (!acknowledged.metric.has(number)) give('metric', number);
    for (const number of lineEntries.keys()) if (!acknowledged.log.has(number)) give('log', number);
    const killAt = performance.now() + 300 + Math.random() * 900;
    while (performance.now() < killAt) {
      const number = next++;
      const values = Array.from({ length: SERIES }, (_, i) => number + i / 8);
      metricEntries.set(number, host.metrics(page, [[epoch + number, values]]));
      lineEntries.set(
        number,
        host.lines('log', [
          { time: epoch + number, message: `seq=${number}.0` },
          { time: epoch + number, message: `seq=${number}.1` },
        ]),
      );
      give('metric', number);
      give('log', number);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    for (const { id, kind, number } of open)
      if (relay.answers.get(id)?.kind === 'acknowledged') acknowledged[kind].add(number);
    relay.close();
  }

  await start();
  expect(acknowledged.metric.size).toBeGreaterThan(50 * ROUNDS);
  expect(acknowledged.log.size).toBeGreaterThan(50 * ROUNDS);
  const seen = new Map<number, number>();
  const text = await (await fetch(`http://127.0.0.1:${ports.http}/api/v1/export?match[]=killed`)).text();
  for (const line of text.trim().split('\n')) {
    const { metric, timestamps, values } = JSON.parse(line) as {
      metric: { i: string };
      timestamps: number[];
      values: string[];
    };
    timestamps.forEach((time, at) => {
      const number = time - epoch;
      expect(Buffer.from(values[at]!, 'hex').readDoubleBE()).toBe(number + Number(metric.i) / 8);
      seen.set(number, (seen.get(number) ?? 0) + 1);
    });
  }
  expect([...acknowledged.metric].filter((number) => seen.get(number) !== SERIES)).toEqual([]);
  expect([...seen].filter(([number, count]) => count !== SERIES || !metricEntries.has(number))).toEqual([]);

  const view = await until('everything is indexed', async () => {
    const now = await json<{ tiers: Ledger[]; balanced: boolean }>('/api/v1/ledger');
    return now.tiers[0]!.entries.every((entry) => entry.queued.frames === 0) ? now : null;
  });
  const lines = (await (await fetch(`http://127.0.0.1:${ports.http}/api/v1/logs/export`)).text()).trim().split('\n');
  const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message);
  expect(new Set(messages).size).toBe(messages.length);
  const there = new Set(messages);
  expect(
    [...acknowledged.log].filter((number) => !there.has(`seq=${number}.0`) || !there.has(`seq=${number}.1`)),
  ).toEqual([]);

  for (const entry of view.tiers[0]!.entries) expect(imbalance(entry), entry.class).toEqual({ frames: 0, items: 0 });
  const log = view.tiers[0]!.entries.find((entry) => entry.class === 'log')!;
  expect(log.out.items).toBe(messages.length);
  const metric = view.tiers[0]!.entries.find((entry) => entry.class === 'metric')!;
  expect(metric.out).toEqual({ frames: seen.size, items: seen.size * SERIES });
});
