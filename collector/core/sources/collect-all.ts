import type { Source, SourceContext } from './source.ts';
import { SourceError } from './source.ts';

/**
 * Runs every source and adds `node_scrape_collector_duration_seconds` and `node_scrape_collector_success` for each. A source that
 * throws keeps the samples it added before; the others are not touched. Returns how many failed.
 */
export function collectAll(sources: readonly Source[], context: SourceContext): number {
  let failed = 0;
  for (const source of sources) {
    const start = context.host.mono();
    let success = 1;
    try {
      source.collect(context);
    } catch (error) {
      success = 0;
      failed++;
      context.host.log('warn', 'a source failed; its samples are missing', {
        source: source.name,
        error: error instanceof Error ? error.message : String(error),
        ...(error instanceof SourceError ? { path: error.path, errno: error.errno } : {}),
      });
    }
    const labels = context.labels('collector', source.name);
    context.sink.add('node_scrape_collector_duration_seconds', labels, (context.host.mono() - start) / 1000);
    context.sink.add('node_scrape_collector_success', labels, success);
  }
  return failed;
}
