import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { AlertBook } from '../core/alerts/alert-book.ts';
import { AlertStore } from '../core/alerts/alert-store.ts';
import { alertsConfig } from '../core/alerts/config.ts';
import { RuleFigures } from '../core/alerts/rules/figures.ts';
import { parseRuleFile } from '../core/alerts/rules/file.ts';
import { GroupRun } from '../core/alerts/rules/group-run.ts';
import { openRules } from '../core/alerts/rules/open.ts';
import { rulesOf } from '../core/alerts/rules/rule-in-use.ts';
import { RuleQueries } from '../core/alerts/rules/rule-query.ts';
import { RuleWriter } from '../core/alerts/rules/writer.ts';
import { openOwnDatabase } from '../core/disk/own-database.ts';
import { openEmbeddedMetricStore } from '../core/metrics/open.ts';
import type { EmbeddedMetricStore } from '../core/metrics/store.ts';
import { OwnSamples } from '../core/own-samples.ts';
import type { MetricFrame, ResolvedPage } from '../core/ports/frames.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { Registry } from '../lib/metrics.ts';
import type { BenchResult } from './result.ts';

const HOSTS = Number(process.env.HELIOGRAPH_BENCH_HOSTS ?? 2_000);
const SECONDS = Number(process.env.HELIOGRAPH_BENCH_SECONDS ?? 60);
const STEP = 10_000;
/** What lies in the store before: more than the longest window. */
const MINUTES = 6;
const NAMES = ['load', 'free_bytes', 'size_bytes', 'errors_total', 'requests_total', 'up'];
const RULES = 1_000;
const GROUPS = 20;

/** Kinds of rules, and how many of a hundred are of it. Of a kind each is a little different, as people's are. */
const KINDS: readonly { kind: string; share: number; rule: (i: number) => string }[] = [
  {
    kind: 'of one host',
    share: 60,
    rule: (i) => `{alert: Load${i}, expr: 'load{instance="host-${i % HOSTS}"} > 90', for: 1m}`,
  },
  {
    kind: 'over all hosts of a site',
    share: 30,
    rule: (i) => `{alert: Disk${i}, expr: 'free_bytes{site="site-${i % 20}"} / size_bytes < 0.0${i % 10}', for: 5m}`,
  },
  {
    kind: 'a threshold for each host',
    share: 5,
    rule: (i) =>
      `{alert: Up${i}, expr: 'load > ${100 + i}', annotations: {summary: '{{ $labels.instance }}: {{ $value }}'}}`,
  },
  {
    kind: 'rate over 5m of all hosts, recorded',
    share: 5,
    rule: (i) => `{record: 'site:errors${i}:rate5m', expr: 'sum by (site) (rate(errors_total[5m]))'}`,
  },
];

const OPTIONS = { timeoutMs: 30_000, maxSamples: 50_000_000, lookbackMs: 300_000 };
const account = { take: () => undefined, settle: () => undefined };

/**
 * A thousand rules over the embedded store with the series of 2,000 hosts, a sample each 10 s: CPU of all threads for an evaluation, by kind of rule; then the rules as
 * a core runs them, each 15 s, alone and beside people whose queries never end: how late they begin, and what is missed.
 */
export async function run(): Promise<BenchResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-bench-'));
  const store = await openEmbeddedMetricStore({
    directory: join(directory, 'metrics'),
    retention: { days: 30, maxBytes: 1e12 },
    ...{ clock: systemClock, log: silentLog, registry: new Registry() },
  });
  const path = join(directory, 'alerts.db');
  const database = openOwnDatabase(path);
  const book = new AlertBook(new AlertStore(database, path), 20_000);
  const fleet = new Fleet(store);
  try {
    await fleet.write(Date.now() - MINUTES * 60_000, Date.now());
    const results: BenchResult[] = [];
    let all = 0;
    for (const { kind, share, rule } of KINDS) {
      const cpu = await cpuOfRules(store, book, rule);
      all += (cpu * share * RULES) / 100;
      results.push({
        name: `rules: ${kind}, ${HOSTS} hosts`,
        value: cpu * 1_000,
        unit: 'CPU ms per evaluation',
        note: 'all threads; query, templates, alerts and writing included; the mean of fifty rules',
      });
    }
    results.push({
      name: `rules: ${RULES} of them, ${KINDS.map(({ kind, share }) => `${share} % ${kind}`).join(', ')}`,
      value: all / RULES,
      unit: 'CPU s per evaluation',
      note: `${all.toFixed(2)} CPU s for each evaluation of all, ${((all / 15) * 100).toFixed(0)} % of a processor at 15 s`,
    });
    for (const readers of [0, 4]) results.push(...(await lateness(directory, store, book, fleet, readers)));
    return results;
  } finally {
    database.close();
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** CPU s of one evaluation of a rule of a kind. */
async function cpuOfRules(store: EmbeddedMetricStore, book: AlertBook, rule: (i: number) => string): Promise<number> {
  const rules = Array.from({ length: 50 }, (_, i) => rule(i));
  const [group] = parseRuleFile('bench', `groups: [{name: g, rules: [${rules.join(', ')}]}]`);
  const parts = {
    ...{ book, figures: new RuleFigures(new Registry()), now: Date.now, mono: () => performance.now() },
    queries: new RuleQueries(store, { ...OPTIONS, maxSeries: 10_000 }),
    writer: new RuleWriter(new OwnSamples(store, account, Date.now), store, 'b'.repeat(16)),
    ...{ inForce: () => true, externalLabels: {}, externalUrl: '', breathe: () => setImmediate() },
    keep: () => book.commit(Date.now()),
    timeoutMs: 10_000,
    onFailure: (_: unknown, error: Error) => {
      throw error;
    },
  };
  const inUse = rulesOf(group!, 15_000);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const time = Date.now();
    const before = process.cpuUsage();
    await new GroupRun(parts, { time, alertTime: time }).run(inUse);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6 / rules.length);
  }
  return best;
}

/** The rules as a core runs them, while samples come and `readers` ask for ever. */
async function lateness(
  directory: string,
  store: EmbeddedMetricStore,
  book: AlertBook,
  fleet: Fleet,
  readers: number,
): Promise<BenchResult[]> {
  const file = join(directory, 'rules.yml');
  writeFileSync(file, ruleFile());
  const registry = new Registry();
  const rules = openRules(
    {
      config: {
        alerts: alertsConfig.parse({ rules: { files: [file], startAfter: '0s' } }),
        query: { timeout: 30_000, maxSamples: 50_000_000, lookback: 300_000, maxLines: 1 },
      },
      ...{ metrics: store, account, clock: systemClock, log: silentLog, registry },
    },
    book,
  );
  let over = false;
  let answered = 0;
  let unanswered = 0;
  const people = Array.from({ length: readers }, async () => {
    while (!over) {
      const now = Date.now();
      try {
        await store.queryRange('sum by (site) (rate(requests_total[5m]))', now - 300_000, now, 5_000, OPTIONS);
        answered++;
      } catch {
        // It waited for its turn for half a minute: told beside the figures.
        unanswered++;
      }
    }
  });
  const coming = (async () => {
    for (let last = Date.now(); !over; await wait(100)) {
      if (Date.now() - last < STEP) continue;
      await fleet.write(last, Date.now());
      last = Date.now();
    }
  })();
  const before = process.cpuUsage();
  await wait(SECONDS * 1_000);
  const { user, system } = process.cpuUsage(before);
  over = true;
  await rules.close();
  await Promise.all([...people, coming]);
  const text = registry.render();
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^heliograph_core_rules_${name}(?:{[^}]*})? (.*)$`, 'gm'))].reduce(
      (all, [, value]) => all + Number(value),
      0,
    );
  const beside = readers === 0 ? 'alone' : `beside ${readers} readers whose queries never end`;
  const note = `${sum('evaluations_total')} evaluations in ${SECONDS} s, ${sum('failures_total')} of them failed, ${sum('missed_total')} groups were missed; ${((user + system) / 1e6).toFixed(0)} CPU s in all, samples coming and readers included${readers > 0 ? `; the readers had ${answered} answers, and ${unanswered} times none` : ''}`;
  return [
    { name: `rules: an evaluation begins late, p99, ${beside}`, value: quantile(text, 'late', 0.99), unit: 's', note },
    { name: `rules: a group of 50 takes, p99, ${beside}`, value: quantile(text, 'group', 0.99), unit: 's', note },
    { name: `rules: missed, ${beside}`, value: sum('missed_total'), unit: 'evaluations of groups', target: 0, note },
  ];
}

/** The edge of the bucket in which a quantile lies. */
function quantile(text: string, name: string, phi: number): number {
  const buckets = [
    ...text.matchAll(new RegExp(`^heliograph_core_rules_${name}_seconds_bucket{le="(.*)"} (.*)$`, 'gm')),
  ];
  const count = Number(buckets.at(-1)?.[2] ?? 0);
  return Number(
    (buckets.find(([, , below]) => Number(below) >= count * phi)?.[1] ?? 'NaN').replace('+Inf', 'Infinity'),
  );
}

function ruleFile(): string {
  const rules: string[] = [];
  for (const { share, rule } of KINDS) for (let i = 0; i < (share * RULES) / 100; i++) rules.push(rule(i));
  const groups = Array.from({ length: GROUPS }, (_, g) => {
    const its = rules.filter((_rule, i) => i % GROUPS === g).map((text) => `      - ${text}`);
    return `  - name: g${g}\n    interval: 15s\n    rules:\n${its.join('\n')}`;
  });
  return `groups:\n${groups.join('\n')}\n`;
}

/** The series of all hosts, in frames as they come. */
class Fleet {
  readonly #store: EmbeddedMetricStore;
  readonly #page: ResolvedPage = {
    hash: 'f'.repeat(32),
    series: [...NAMES].sort().map((name) => ({ name, labels: [] })),
  };
  #sequence = 0;

  constructor(store: EmbeddedMetricStore) {
    this.#store = store;
  }

  /** Samples of [from, to). */
  async write(from: number, to: number): Promise<void> {
    const times = Float64Array.from({ length: Math.max(1, Math.floor((to - from) / STEP)) }, (_, i) => from + i * STEP);
    this.#sequence++;
    for (let first = 0; first < HOSTS; first += 100) {
      await this.#store.write(
        Array.from({ length: Math.min(100, HOSTS - first) }, (_, i) => this.#frame(first + i, times)),
      );
    }
  }

  #frame(host: number, times: Float64Array): MetricFrame {
    const names = this.#page.series.length;
    const values = Float64Array.from({ length: times.length * names }, (_, at) => {
      const second = times[Math.floor(at / names)]! / 1_000;
      return /total/.test(this.#page.series[at % names]!.name) ? second * (host % 7) : 50 + ((host * 31 + second) % 40);
    });
    const instance = `host-${host}`;
    return {
      id: { host: instance, boot: '0'.repeat(24), class: 'metric', sequence: this.#sequence },
      ...{ relay: 'bench', created: times[0]!, received: times[0]!, skew: 0, lane: 'live' },
      target: { instance, site: `site-${host % 20}` },
      rows: [{ page: this.#page, times, values, present: null }],
    };
  }
}
