import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { AlertBook } from '../../../core/alerts/alert-book.ts';
import { AlertStore } from '../../../core/alerts/alert-store.ts';
import { RuleFigures } from '../../../core/alerts/rules/figures.ts';
import { loadRuleFile } from '../../../core/alerts/rules/file.ts';
import { GroupRun } from '../../../core/alerts/rules/group-run.ts';
import { type RuleInUse, rulesOf } from '../../../core/alerts/rules/rule-in-use.ts';
import { RuleQueries } from '../../../core/alerts/rules/rule-query.ts';
import { RuleWriter } from '../../../core/alerts/rules/writer.ts';
import { openOwnDatabase } from '../../../core/disk/own-database.ts';
import { openEmbeddedMetricStore } from '../../../core/metrics/open.ts';
import { OwnSamples, ownRows } from '../../../core/own-samples.ts';
import type { QueryData, SeriesSamples } from '../../../core/ports/metric-store.ts';
import { staleness } from '../../../core/promql/stale.ts';
import { systemClock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { Engine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { remoteWrite } from '../promql/remote-write.ts';
import { movingSamples } from './moving-samples.ts';

/**
 * The same file of rules in the real Prometheus and here, over the same samples: the state of each alert and the value of each recording rule at each of
 * the instants that Prometheus evaluated at. The samples are there before their time, so that both see the same at each instant.
 */
const SECONDS = Number(process.env.HELIOGRAPH_RULE_SECONDS ?? 60);
/** No window of a rule may have a sample on its left edge, ms. */
const EDGE = 20;
const RULES = join(import.meta.dirname, 'rules.yml');

const directory = mkdtempSync(join(tmpdir(), 'heliograph-rule-agreement-'));
const cleanups: (() => Promise<void>)[] = [async () => rmSync(directory, { recursive: true, force: true })];
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean();
});

type Samples = Map<string, string[]>;

/** All samples of what rules write, by series, in [from, to). */
function samplesOf(data: QueryData, from: number, to: number): Samples {
  if (data.resultType !== 'matrix') throw new Error('a matrix');
  const out: Samples = new Map();
  for (const { metric, values } of data.result) {
    const kept = values
      .filter(([time]) => time * 1_000 >= from && time * 1_000 < to)
      .map(([time, value]) => `${value}@${time}`);
    if (kept.length > 0) out.set(JSON.stringify(Object.entries(metric).sort()), kept);
  }
  return out;
}

test('the states of alerts and the values of recording rules are those of the real Prometheus at the same steps', async () => {
  const config = join(directory, 'prometheus.yml');
  writeFileSync(config, `global: {evaluation_interval: 1s}\nrule_files: [${JSON.stringify(RULES)}]\n`);
  const engine = await Engine.start('prometheus', {}, [config]);
  cleanups.push(() => engine.stop());
  const url = engine.values.PROMETHEUS_URL!;
  const ask = async (query: string): Promise<QueryData> => {
    const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) });
    return ((await answer.json()) as { data: QueryData }).data;
  };
  const beats = async () => {
    const data = await ask('beat[1h]');
    return data.resultType === 'matrix'
      ? data.result.map(({ metric, values }) => [metric.of!, values.map(([time]) => Math.round(time * 1_000))] as const)
      : [];
  };
  const groups = loadRuleFile(RULES);
  const first = await until('each group of Prometheus', async () => {
    const all = await beats();
    return all.length === groups.length ? all : null;
  });
  // Of all windows and offsets, which are whole seconds.
  const edges = first.map(([, times]) => times[0]! % 1_000);
  const far = (phase: number) =>
    edges.every((edge) => Math.min(Math.abs(phase - edge), 1_000 - Math.abs(phase - edge)) > EDGE);
  const phase = [...Array(1_000).keys()].find(far)!;
  const start = Math.floor(Date.now() / 1_000) * 1_000 + 3_000 + phase;
  const series = movingSamples(start, SECONDS);
  await remoteWrite(url, series, start, start + SECONDS * 1_000);
  expect(Date.now(), 'written before its time').toBeLessThan(start);
  const end = start + SECONDS * 1_000;
  // The rules that ever fail.
  const failed = new Set<string>();
  while (Date.now() < end) {
    const answer = await fetch(`${url}/api/v1/rules`);
    const { data } = (await answer.json()) as { data: { groups: { rules: { name: string; health: string }[] }[] } };
    for (const { rules } of data.groups) for (const { name, health } of rules) if (health === 'err') failed.add(name);
    await wait(200);
  }
  // An evaluation that began before the end is over.
  await wait(2_000);

  const written = '{__name__=~"ALERTS|ALERTS_FOR_STATE|.*:.*|few|many|clashing|constant|beat"}[1h]';
  const theirs = await ask(written);
  const steps = (await beats())
    .flatMap(([of, times]) => times.map((time) => ({ of, time })))
    .filter(({ time }) => time < end)
    .sort((a, b) => a.time - b.time);
  const ours = await replay(groups, series, steps);
  // In its first evaluations Prometheus writes no ALERTS: it looks for those of before its start.
  const expected = samplesOf(theirs, start, end);
  const found = samplesOf(await ours.query(written, end), start, end);
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  let samples = 0;
  for (const [key, values] of expected) {
    samples += values.length;
    expect(found.get(key), key).toEqual(values);
  }
  console.log(`${expected.size} series, ${samples} samples of rules at ${steps.length} evaluations of groups`);
  expect(samples).toBeGreaterThan(SECONDS * 10);
  expect(ours.failed).toEqual(failed);
  expect(failed).toEqual(new Set(['Doubled', 'Over', 'clashing', 'job:requests:sum', 'many']));
});

/** The evaluations of Prometheus once more, over the embedded store. */
async function replay(
  groups: ReturnType<typeof loadRuleFile>,
  series: readonly SeriesSamples[],
  steps: readonly { of: string; time: number }[],
) {
  const store = await openEmbeddedMetricStore({
    directory: join(directory, 'metrics'),
    retention: { days: 30, maxBytes: Number.MAX_SAFE_INTEGER },
    ...{ clock: systemClock, log: silentLog, registry: new Registry() },
  });
  cleanups.push(() => store.close());
  const own = new OwnSamples(store, { take: () => undefined, settle: () => undefined }, Date.now);
  await own.take(
    { host: 'test', boot: '0'.repeat(24), class: 'metric', sequence: 1 },
    ownRows(
      series.flatMap(({ labels, times, values }) => {
        const { __name__: name, ...rest } = labels;
        const pairs = Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1));
        const isStale = staleness(values);
        return Array.from(times, (time, i) => ({
          series: { name: name!, labels: pairs },
          ...{ time, value: values[i]!, stale: isStale(i) },
        }));
      }),
    ),
  );
  const path = join(directory, 'alerts.db');
  const database = openOwnDatabase(path);
  cleanups.push(async () => database.close());
  const limits = { timeoutMs: 60_000, maxSamples: 1e7, lookbackMs: 300_000 };
  const failed = new Set<string>();
  const parts = {
    book: new AlertBook(new AlertStore(database, path), 10_000),
    keep: () => undefined,
    queries: new RuleQueries(store, { ...limits, maxSeries: 1_000 }),
    writer: new RuleWriter(own, store, '1'.repeat(16)),
    figures: new RuleFigures(new Registry()),
    ...{ now: Date.now, mono: performance.now.bind(performance), inForce: () => true },
    onFailure: ({ rule }: RuleInUse) => failed.add(rule.kind === 'alert' ? rule.alert : rule.record),
    ...{ externalLabels: {}, externalUrl: '', timeoutMs: 10_000, breathe: async () => undefined },
  };
  const byName = new Map(groups.map((group) => [group.name, rulesOf(group, 1_000)]));
  for (const { of, time } of steps) await new GroupRun(parts, { time, alertTime: time }).run(byName.get(of)!);
  return { failed, query: (text: string, at: number) => store.query(text, at, limits) };
}
