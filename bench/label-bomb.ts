import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { FleetEvent } from '../core/fleet/fleet.ts';
import type { RelayHolds } from '../core/limits/answer.ts';
import { createToken } from '../lib/tokens/token-file.ts';
import { samplesFrame, sentPage } from '../test/relay/rollup/samples.ts';
import { type RudeHost, TwoTiers } from '../test/support/two-tiers.ts';
import { until } from '../test/support/until.ts';
import { threeDigits } from './page/three-digits.ts';
import type { BenchResult, BenchRun } from './result.ts';

const SECONDS = 60;
/** In a minute, over all hosts of the service. */
const VALUES = 100_000;
const HOSTS = 10;
const CALM_HOSTS = 10;
const CALM_SERIES = 50;
const CAP = 2_000;
const BLOCK_AT_S = 40;
/** Hosts are settled, as they are where they run for longer than half a minute. */
const SETTLE_MS = 3_000;
const SELECTOR = 'hits{user!=""}';

/**
 * A service puts a user's id into a label: 100,000 values in a minute from ten hosts, through a real relay with caps to a real core, both in this
 * process with what sends. After 40 s an operator blocks the label.
 */
export async function run(): Promise<BenchRun> {
  const tiers = await TwoTiers.open({
    core: {},
    relay: { cardinality: { perMetric: CAP, growth: { settle: '1s' } } },
  });
  try {
    return await throwBomb(tiers);
  } finally {
    await tiers.close();
  }
}

async function throwBomb(tiers: TwoTiers): Promise<BenchRun> {
  const { dataDir } = tiers.core.config as { dataDir: string };
  const rights = { scopes: ['limits:write' as const], anyHost: false, created: Date.now(), expires: null };
  const token = createToken(join(dataDir, 'tokens.json'), { name: 'bench', ...rights });
  const bombs = await Promise.all(Array.from({ length: HOSTS }, (_, i) => tiers.connect(`shop-${i}`)));
  const calm = await Promise.all(Array.from({ length: CALM_HOSTS }, (_, i) => tiers.connect(`calm-${i}`)));
  const steady = sentPage(
    Array.from({ length: CALM_SERIES }, (_, i) => ({ name: 'requests_total', labels: { path: `/p${i}` } })),
  );
  for (const host of calm) await host.define(steady.content);
  const sentCalm = (second: number, time: number) =>
    calm.map((host) => send(host, samplesFrame(steady, second, [[time, ...Array(CALM_SERIES).fill(second)]])));
  const start = Date.now();
  for (let second = 1; second <= SETTLE_MS / 1000; second++) {
    await Promise.all(sentCalm(second, start + second));
    await wait(1000);
  }

  const perFrame = Math.ceil(VALUES / SECONDS / HOSTS);
  const began = performance.now();
  let alertMs = Number.NaN;
  let blockedMs = Number.NaN;
  let heldMs = Number.NaN;
  const watching = until('the alert', () => told(tiers), { withinMs: SECONDS * 1000, everyMs: 50 }).then(() => {
    alertMs = performance.now() - began;
  });
  let ordered: Promise<void> = Promise.resolve();
  for (let second = 1; second <= SECONDS; second++) {
    const time = Date.now();
    const frames = bombs.map(async (host, h) => {
      const users = sentPage(
        Array.from({ length: perFrame }, (_, i) => ({
          name: 'hits',
          labels: { service: 'shop', user: `u${h}-${second}-${i}` },
        })),
      );
      await host.define(users.content);
      await send(host, samplesFrame(users, second, [[time, ...Array(perFrame).fill(1)]]));
    });
    await Promise.all([...frames, ...sentCalm(SETTLE_MS / 1000 + second, time)]);
    if (second === BLOCK_AT_S) {
      const given = performance.now();
      ordered = block(tiers, token).then(async () => {
        await until('the relay has it', () => held(tiers), { withinMs: 30_000, everyMs: 20 });
        heldMs = performance.now() - given;
        await until('samples are blocked', async () => (await blocked(tiers)) > 0, { withinMs: 30_000, everyMs: 20 });
        blockedMs = performance.now() - given;
      });
    }
    await wait(Math.max(0, second * 1000 - (performance.now() - began)));
  }
  const seconds = (performance.now() - began) / 1000;
  await watching;
  await ordered;
  await until('all is at the core', async () => (await tiers.relayLedger('metric')).queued.frames === 0, {
    withinMs: 60_000,
  });

  const end = String(Date.now() / 1000);
  const series = await count(tiers, 'count(last_over_time(hits{user!=""}[10m]))', end);
  const kept = await count(tiers, `sum(count_over_time(requests_total[10m]))`, end);
  const sent = CALM_HOSTS * CALM_SERIES * (SETTLE_MS / 1000 + SECONDS);
  const note = `${perFrame * HOSTS * SECONDS} values in ${Math.round(seconds)} s from ${HOSTS} hosts, a cap of ${CAP} series for the metric; tiers and senders share one process`;
  const results: BenchResult[] = [
    {
      name: 'from the first value to the alert at the core',
      value: threeDigits(alertMs / 1000),
      unit: 's',
      target: 10,
      note,
    },
    { name: "series with the label in the core's store", value: series, unit: 'series', target: CAP },
    { name: 'from the order to in force at the relay', value: threeDigits(heldMs / 1000), unit: 's', target: 5 },
    { name: 'from the order to samples that are blocked', value: threeDigits(blockedMs / 1000), unit: 's', target: 5 },
    { name: 'samples of other hosts that the store does not have', value: sent - kept, unit: 'samples', target: 0 },
  ];
  return { results, wrong: kept === sent ? [] : [`${sent - kept} samples of ${sent} of other hosts are not there`] };
}

function send(host: RudeHost, frame: Uint8Array): Promise<void> {
  return host.send('metric', { frame } as never);
}

async function told(tiers: TwoTiers): Promise<boolean> {
  const { events } = await tiers.core.get<{ events: FleetEvent[] }>('/api/v1/fleet/events');
  return events.some(
    ({ type, facts }) => type === 'series_growing' && facts.metric === 'hits' && facts.label === 'user',
  );
}

async function block(tiers: TwoTiers, token: string): Promise<void> {
  const answer = await fetch(tiers.core.url('/api/v1/limits'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ block: SELECTOR, why: 'a user is no label' }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

async function held(tiers: TwoTiers): Promise<boolean> {
  const { relays } = await tiers.core.get<{ relays: RelayHolds[] }>('/api/v1/limits');
  return relays.length > 0 && relays.every(({ state }) => state === 'in_force');
}

async function blocked(tiers: TwoTiers): Promise<number> {
  return (await tiers.relayLedger('metric')).dropped.blocked?.items ?? 0;
}

async function count(tiers: TwoTiers, query: string, time: string): Promise<number> {
  const { data } = await tiers.core.get<{ data: { result: { value: [number, string] }[] } }>('/api/v1/query', {
    query,
    time,
  });
  return Number(data.result[0]?.value[1] ?? 0);
}
