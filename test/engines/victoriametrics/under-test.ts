import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { Health } from '../../../core/api/health.ts';
import { victoriaMetricsConfig } from '../../../core/engines/victoriametrics/config.ts';
import { openVictoriaMetricsStore } from '../../../core/engines/victoriametrics/open.ts';
import type { VictoriaMetricsStore } from '../../../core/engines/victoriametrics/store.ts';
import { systemClock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { gather, pageOf, rowsOf } from '../../contracts/metric-frames.ts';
import { Engine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';

export const FLAGS = ['-dedup.minScrapeInterval=1ms'];
export const NOW = Math.floor(Date.now() / 60_000) * 60_000;
const page = pageOf([
  ['requests_total', { code: '200' }],
  ['requests_total', { code: '500' }],
]);

interface Changes {
  config?: object;
  directory?: string;
  settleMs?: number;
  wait?: boolean;
}

/** What it has taken is put before queries at once. */
export async function visible(url: string): Promise<void> {
  const answer = await fetch(`${url}/internal/force_flush`);
  if (!answer.ok) throw new Error(`force_flush: ${answer.status}`);
}

/** A sample of each series of a small page, at a time. */
export const rows = (time: number, ...values: number[]) => [rowsOf(page, [time], [values])];

export const counterOf = (registry: Registry, name: string) =>
  registry
    .render()
    .split('\n')
    .filter((line) => line.startsWith(`heliograph_core_metric_store_${name}`))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

/** In the order of their codes: the engine exports series as it comes to them. */
export const written = async (store: VictoriaMetricsStore, host = 'h1') => {
  const matchers = [[{ name: 'instance', operator: '=', value: host } as const]];
  const all = await gather(store.export(matchers, NOW - 86_400_000, NOW + 3_600_000));
  return all.sort((a, b) => (a.labels.code ?? '').localeCompare(b.labels.code ?? ''));
};

/** Stores on real engines, for the tests of one file: what a test opened is closed behind it, the shared engine behind the last. */
export class VictoriaMetricsUnderTest {
  readonly #folders: string[] = [];
  readonly #stores: VictoriaMetricsStore[] = [];
  readonly #engines: Engine[] = [];
  #shared: Engine | null = null;

  constructor() {
    afterEach(async () => {
      for (const store of this.#stores.splice(0)) await store.close();
      for (const one of this.#engines.splice(0)) await one.stop();
    });
    afterAll(async () => {
      await this.#shared?.stop();
      for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true });
    });
  }

  /** Has one engine run for all tests of the file. */
  share(): this {
    beforeAll(async () => {
      this.#shared = await Engine.start('victoria-metrics', {}, FLAGS);
      // One that has just been started is given nothing yet.
      await this.open(this.#shared);
    });
    return this;
  }

  /** The one that all tests of the file use. */
  get shared(): Engine {
    if (this.#shared === null) throw new Error('this file shares no engine');
    return this.#shared;
  }

  /** A folder that goes with the file. */
  folder(name: string): string {
    const folder = mkdtempSync(join(tmpdir(), `heliograph-${name}-`));
    this.#folders.push(folder);
    return folder;
  }

  /** An engine of the test's own. */
  async own(...flags: string[]): Promise<Engine> {
    return await this.ownWith({}, ...flags);
  }

  /** @param env variables for its script, such as VM_VERSION */
  async ownWith(env: Readonly<Record<string, string>>, ...flags: string[]): Promise<Engine> {
    const one = await Engine.start('victoria-metrics', env, flags.length > 0 ? flags : FLAGS);
    this.#engines.push(one);
    return one;
  }

  /** A store on an engine, and what it said of itself. */
  async open(on: Engine, { config = {}, directory, settleMs, wait = true }: Changes = {}) {
    const folder = directory ?? this.folder('victoriametrics-store');
    const health = new Health(() => Date.now());
    const registry = new Registry();
    const refused: string[] = [];
    const url = on.values.VICTORIA_METRICS_URL!;
    const store = await openVictoriaMetricsStore({
      config: victoriaMetricsConfig.parse({ addresses: [url], ...config }),
      directory: folder,
      retentionMs: 30 * 86_400_000,
      clock: systemClock,
      log: silentLog,
      registry,
      health,
      random: Math.random,
      onRefused: async (frame) => void refused.push(frame.id.host),
      lookMs: 50,
      ...(settleMs === undefined ? {} : { settleMs }),
    });
    this.#stores.push(store);
    if (wait) await until('the engine is old enough', () => health.view().well);
    return { store, health, registry, refused, folder, visible: () => visible(url) };
  }
}
