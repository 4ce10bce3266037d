import { workerData } from 'node:worker_threads';
import { systemClock } from '../../lib/clock.ts';
import type { ResolvedPage } from '../ports/frames.ts';
import type { Matcher, QueryOptions, SeriesSamples } from '../ports/metric-store.ts';
import { WorkerCaller } from '../workers/caller.ts';
import { notify, serve } from '../workers/serve.ts';
import { type DayWriting, type EngineSettings, MetricEngine } from './engine.ts';
import type { IncomingFrame } from './intake.ts';
import { MetricQueriesOnEngine } from './queries.ts';

/** The thread of the embedded metric store: index, head, evaluator. The days' files are written by a thread of its own. */
const settings = workerData as EngineSettings;
const writer = new WorkerCaller(
  new URL('./day-worker.ts', import.meta.url),
  { directory: settings.directory },
  'HG_STORE_WORKER',
  notify,
);
const days: DayWriting = {
  write: (day, generation, rows) => writer.call('write', [day, generation, rows]),
  finish: (day, bits) => writer.call('finish', [day, bits]),
  remove: (day) => writer.call('remove', [day]),
  close: () => writer.close(),
};
let engine: MetricEngine;
let queries: MetricQueriesOnEngine;

/** Exports under way: the ids still to be read. */
const exports = new Map<number, { ids: number[]; start: number; end: number }>();
let nextExport = 1;
/** Samples after which a batch of an export is sent. */
const EXPORT_SAMPLES = 200_000;

serve({
  /** First of all; nothing else may be called before it resolved. */
  open: async () => {
    engine = await MetricEngine.open(settings, days, {
      damaged: (segment, bytes) => notify({ kind: 'damaged', segment, bytes }),
      checkpointed: (facts) => notify({ kind: 'checkpointed', ...facts }),
      checkpointFailed: (error) => notify({ kind: 'failed', message: String(error) }),
      removedDay: (day, reason) => notify({ kind: 'removed', day, reason }),
    });
    queries = new MetricQueriesOnEngine(engine, systemClock);
  },
  learnPages: (pages: ResolvedPage[], forgetOthers: boolean) => engine.learnPages(pages, forgetOthers),
  write: (frames: IncomingFrame[], now: number) => engine.write(frames, now),
  query: (expression: string, time: number, options: QueryOptions) => queries.query(expression, time, options),
  queryRange: (expression: string, start: number, end: number, step: number, options: QueryOptions) =>
    queries.queryRange(expression, start, end, step, options),
  series: (matches: string[], start: number, end: number, limit: number) => queries.series(matches, start, end, limit),
  labelNames: (matches: string[], start: number, end: number) => queries.labelNames(matches, start, end),
  labelValues: (name: string, matches: string[], start: number, end: number) =>
    queries.labelValues(name, matches, start, end),
  exportStart: (matchers: Matcher[][], start: number, end: number) => {
    const sets = matchers.length === 0 ? [[]] : matchers;
    const ids = new Set(sets.flatMap((set) => engine.seriesBetween(set, start, end)));
    exports.set(nextExport, { ids: [...ids].sort((a, b) => a - b), start, end });
    return nextExport++;
  },
  exportNext: (id: number) => {
    const under = exports.get(id);
    const out: SeriesSamples[] = [];
    let samples = 0;
    while (under && under.ids.length > 0 && samples < EXPORT_SAMPLES) {
      engine.read(under.ids.splice(0, 64), under.start, under.end, (n) => (samples += n), out);
    }
    return out;
  },
  exportEnd: (id: number) => {
    exports.delete(id);
  },
  sequences: () => engine.sequences(),
  totals: () => engine.totals(),
  retain: (now: number) => engine.retain(now),
  checkpoint: () => engine.checkpoint(),
  close: () => engine.close(),
});
