import type { Source, SourceContext } from './source.ts';
import { SourceError } from './source.ts';

/**
 * Runs every source and adds `node_scrape_collector_duration_seconds` and `node_scrape_collector_success` for each, and for those with files that
 * could not be read how many. A source that throws keeps the samples it added before; the others are not touched. Returns how many failed.
 */
export function collectAll(sources: readonly Source[], context: SourceContext): number {
  const { trouble, sink } = context;
  let failed = 0;
  for (const source of sources) {
    const start = context.host.mono();
    let thrown: unknown = null;
    trouble.begin();
    try {
      source.collect(context);
    } catch (error) {
      if (error instanceof SourceError) trouble.note(error, true);
      else thrown = error ?? 'nothing was thrown';
    }
    const end = trouble.end(source.name);
    const failure = thrown ?? end.failed;
    if (failure !== null) {
      failed++;
      context.host.log('warn', 'a source failed; its samples are missing', {
        source: source.name,
        error: failure instanceof Error ? failure.message : String(failure),
        ...(failure instanceof SourceError ? { path: failure.path, errno: failure.errno } : {}),
      });
    }
    const labels = context.labels('collector', source.name);
    sink.add('node_scrape_collector_duration_seconds', labels, (context.host.mono() - start) / 1000);
    sink.add('node_scrape_collector_success', labels, failure === null ? 1 : 0);
    if (end.total !== undefined) sink.add('heliograph_collector_unreadable_files_total', labels, end.total);
  }
  return failed;
}
