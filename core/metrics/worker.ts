import { type MessagePort, workerData } from 'node:worker_threads';
import type { ResolvedPage } from '../ports/frames.ts';
import type { Matcher, SeriesSamples } from '../ports/metric-store.ts';
import { WorkerCaller } from '../workers/caller.ts';
import { Moved, notify, serve, serveWaiting } from '../workers/serve.ts';
import { Cursors } from './cursors.ts';
import { type DayWriting, type EngineSettings, MetricEngine } from './engine.ts';
import type { IncomingFrame } from './intake.ts';
import { MetricQueriesOnEngine } from './queries.ts';

/** The thread of the embedded metric store: index and head. Days' files are written, and queries evaluated, by others. */
const settings = workerData as EngineSettings;
const writer = new WorkerCaller(new URL('./day-worker.ts', import.meta.url), {
  workerData: { directory: settings.directory },
  fallback: 'HG_STORE_WORKER',
  onNotice: notify,
  // Without it nothing can be checkpointed: this thread ends as well, and with it the core, which then starts anew.
  onDeath: (error) => {
    throw error;
  },
});
const days: DayWriting = {
  write: (day, generation, rows) => writer.call('write', [day, generation, rows]),
  finish: (day, bits) => writer.call('finish', [day, bits]),
  remove: (day) => writer.call('remove', [day]),
  close: () => writer.close(),
};
let engine: MetricEngine;
let queries: MetricQueriesOnEngine;

let cursors: Cursors;

serve({
  /** First of all; nothing else may be called before it resolved. */
  open: async () => {
    engine = await MetricEngine.open(settings, days, {
      damaged: (segment, bytes) => notify({ kind: 'damaged', segment, bytes }),
      checkpointed: (facts) => notify({ kind: 'checkpointed', ...facts }),
      checkpointFailed: (error) => notify({ kind: 'failed', message: String(error) }),
      removedDay: (day, reason) => notify({ kind: 'removed', day, reason }),
    });
    queries = new MetricQueriesOnEngine(engine);
    cursors = new Cursors(engine);
  },
  learnPages: (pages: ResolvedPage[], forgetOthers: boolean) => engine.learnPages(pages, forgetOthers),
  write: (frames: IncomingFrame[], now: number) => engine.write(frames, now),
  /** A thread that evaluates queries wants to read over this port. */
  attach: (port: MessagePort, signal: Int32Array) => {
    // Its own, so that what it left open goes with it.
    const own = new Cursors(engine);
    serveWaiting(port, signal, {
      start: (sets: Matcher[][], start: number, end: number) => own.start(sets, start, end),
      next: (number: number) => moved(own.next(number)),
      end: (number: number) => own.end(number),
    });
  },
  series: (matches: string[], start: number, end: number, limit: number) => queries.series(matches, start, end, limit),
  labelNames: (matches: string[], start: number, end: number) => queries.labelNames(matches, start, end),
  labelValues: (name: string, matches: string[], start: number, end: number) =>
    queries.labelValues(name, matches, start, end),
  exportStart: (sets: Matcher[][], start: number, end: number) => cursors.start(sets, start, end),
  exportNext: (number: number) => moved(cursors.next(number)),
  exportEnd: (number: number) => cursors.end(number),
  sequences: () => engine.sequences(),
  totals: () => engine.totals(),
  retain: (now: number) => engine.retain(now),
  checkpoint: () => engine.checkpoint(),
  close: () => engine.close(),
});

function moved(batch: SeriesSamples[]): Moved {
  return new Moved(
    batch,
    batch.flatMap(({ times, values }) => [times.buffer as ArrayBuffer, values.buffer as ArrayBuffer]),
  );
}
