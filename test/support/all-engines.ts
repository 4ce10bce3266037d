import { Engine } from './engine.ts';

export interface AllEngines {
  readonly metrics: Engine;
  readonly bus: Engine;
  readonly logs: Engine;
  /** What the core's configuration says of them. */
  readonly config: object;
  stop(): Promise<void>;
}

/** VictoriaMetrics, Kafka and OpenSearch, empty. */
export async function startEngines(): Promise<AllEngines> {
  const started = await Promise.allSettled([
    Engine.start('victoria-metrics', {}, ['-dedup.minScrapeInterval=1ms']),
    Engine.start('kafka'),
    Engine.start('opensearch'),
  ]);
  const there = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed) {
    // One that does not start leaves the others with nobody.
    for (const engine of there) await engine.stop();
    throw failed.reason;
  }
  const [metrics, bus, logs] = there as [Engine, Engine, Engine];
  return {
    metrics,
    bus,
    logs,
    config: {
      metrics: 'victoriametrics',
      victoriametrics: { addresses: [metrics.values.VICTORIA_METRICS_URL] },
      bus: 'kafka',
      kafka: { brokers: [bus.values.KAFKA_BROKERS] },
      logs: 'opensearch',
      opensearch: { addresses: [logs.values.OPENSEARCH_URL] },
    },
    stop: async () => {
      for (const engine of [metrics, bus, logs]) await engine.stop();
    },
  };
}
