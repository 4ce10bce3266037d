import { Engine } from '../../test/support/engine.ts';

/** Takes zstd; the one that Debian has takes Snappy alone. */
const NEWER = '1.136.23';

/**
 * What its caches may take. Where it has a machine of its own it takes 60 % of the memory, as deploy/ says; with the 512 MB that are enough for a test it
 * looks up series on disk again and again when there are a million.
 */
const MEMORY = '4GB';

/** A VictoriaMetrics as a core wants it. @param newer one that takes requests in zstd */
export function startVictoriaMetrics(newer: boolean): Promise<Engine> {
  return Engine.start('victoria-metrics', { VM_MEMORY: MEMORY, ...(newer ? { VM_VERSION: NEWER } : {}) }, [
    '-dedup.minScrapeInterval=1ms',
    ...(newer ? ['-retentionPeriod=1y', '-search.latencyOffset=0s'] : []),
  ]);
}
