import { workerData } from 'node:worker_threads';
import type { HistogramQuery, LogQuery } from '../ports/log-store.ts';
import { serve } from '../workers/serve.ts';
import type { LogSettings } from './appender.ts';
import { LogSearcher } from './searcher.ts';

/** The thread that reads the log store, so that a long search holds up no commit. */
const { directory, searchTimeoutMs } = workerData as LogSettings;
const searcher = new LogSearcher(directory, searchTimeoutMs, () => performance.now());

serve({
  search: (query: LogQuery) => searcher.search(query),
  countStart: (query: HistogramQuery) => searcher.countStart(query),
  countNext: (id: number, sliceMs: number) => searcher.countNext(id, sliceMs),
  exportStart: (start: number, end: number) => searcher.exportStart(start, end),
  exportNext: (id: number) => searcher.exportNext(id),
  exportEnd: (id: number) => searcher.exportEnd(id),
  close: () => searcher.close(),
});
