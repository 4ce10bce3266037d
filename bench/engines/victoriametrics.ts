import { Engine } from '../../test/support/engine.ts';

/** Takes zstd; the one that Debian has takes Snappy alone. */
const NEWER = '1.136.23';

/** A VictoriaMetrics as a core wants it. @param newer one that takes requests in zstd */
export function startVictoriaMetrics(newer: boolean): Promise<Engine> {
  return Engine.start('victoria-metrics', newer ? { VM_VERSION: NEWER } : {}, [
    '-dedup.minScrapeInterval=1ms',
    ...(newer ? ['-retentionPeriod=1y', '-search.latencyOffset=0s'] : []),
  ]);
}
