import { join } from 'node:path';
import { type CollectorConfigInput, collectorConfig } from '../../collector/node/config.ts';
import { type RunningCollector, startCollector } from '../../collector/node/start.ts';
import { createAuthority } from '../../lib/certificates/authority.ts';
import { quietHost } from './collector.ts';
import type { PrometheusAnswer, Vector } from './core/answers.ts';
import { TwoTiers } from './two-tiers.ts';
import { until } from './until.ts';

/** A collector of this process before a real relay and a real core; no source of the machine, only what is pushed. */
export class ThreeTiers {
  readonly tiers: TwoTiers;
  readonly collector: RunningCollector;

  private constructor(tiers: TwoTiers, collector: RunningCollector) {
    this.tiers = tiers;
    this.collector = collector;
  }

  static async open(
    config: Partial<CollectorConfigInput> = {},
    settings: { readonly core?: object; readonly relay?: object; readonly speaksFor?: readonly string[] } = {},
  ): Promise<ThreeTiers> {
    const tiers = await TwoTiers.open({ core: settings.core ?? {}, relay: settings.relay ?? {} });
    const { directory } = tiers.core;
    const authority = await createAuthority(join(directory, 'ca'), Date.now());
    const { ca, cert, key } = await authority.issue({
      ...({ name: 'app-host', role: 'collector', days: 1 } as const),
      speaksFor: settings.speaksFor ?? [],
    });
    const collector = await startCollector(
      collectorConfig.parse({
        relays: [`127.0.0.1:${tiers.relay.addresses.mqtt}`],
        tls: { ca, cert, key },
        dataDir: join(directory, 'collector'),
        interval: '200ms',
        reconnect: { base: '50ms', cap: '200ms' },
        closeWait: '0s',
        ...config,
      }),
      { host: quietHost(), sources: [] },
    );
    return new ThreeTiers(tiers, collector);
  }

  /** The series that answer a query now, by their labels as text without `site`. */
  async query(query: string): Promise<{ labels: Record<string, string>; value: number }[]> {
    const answer = await this.tiers.core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query });
    return (answer.data.result as unknown as { metric: Record<string, string>; value: [number, string] }[]).map(
      ({ metric, value }) => ({ labels: metric, value: Number(value[1]) }),
    );
  }

  /** The same when there are so many. */
  async awaits(query: string, series = 1) {
    let found: Awaited<ReturnType<ThreeTiers['query']>> = [];
    await until(`${series} of ${query}`, async () => {
      found = await this.query(query);
      return found.length >= series;
    });
    return found;
  }

  async close(): Promise<void> {
    await this.collector.close();
    await this.tiers.close();
  }
}
