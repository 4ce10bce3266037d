import { type MessagePort, workerData } from 'node:worker_threads';
import type { ResolvedPage } from '../ports/frames.ts';
import type { Matcher } from '../ports/metric-store.ts';
import { WorkerCaller } from '../workers/caller.ts';
import { Moved, notify, serve, serveWaiting } from '../workers/serve.ts';
import { MetricEngine } from './engine.ts';
import type { DayWriting, EngineSettings } from './engine-contract.ts';
import { IndexQueries } from './index-queries.ts';
import type { IncomingFrame } from './intake.ts';
import { Turns } from './turns.ts';

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
let queries: IndexQueries;
const turns = new Turns();

serve({
  /** First of all; nothing else may be called before it resolved. */
  open: async () => {
    engine = await MetricEngine.open(settings, days, {
      damaged: (segment, bytes) => notify({ kind: 'damaged', segment, bytes }),
      checkpointed: (facts) => notify({ kind: 'checkpointed', ...facts }),
      checkpointFailed: (error) => notify({ kind: 'failed', message: String(error) }),
      damagedDay: (day, aside) => notify({ kind: 'damaged-day', day, aside }),
      removedDay: (day, reason) => notify({ kind: 'removed', day, reason }),
    });
    queries = new IndexQueries(engine);
  },
  learnPages: (pages: ResolvedPage[], forgetOthers: boolean) => engine.learnPages(pages, forgetOthers),
  write: (frames: IncomingFrame[], now: number) => engine.write(frames, now),
  /** A thread that evaluates queries will read over this port: EngineReads. */
  attach: (port: MessagePort, signal: Int32Array) =>
    serveWaiting(port, signal, {
      find: async (sets: Matcher[][], start: number, end: number) => {
        const ids = await turns.run(engine.find(sets, start, end));
        return new Moved(ids, [ids.buffer]);
      },
      labels: (ids: Int32Array) => engine.labels(ids),
      head: (ids: Int32Array, start: number, end: number) => {
        const slice = engine.head(ids, start, end);
        return new Moved(slice, [slice.pieces.buffer, slice.bytes.buffer]);
      },
    }),
  series: (matches: string[], start: number, end: number) => turns.run(queries.series(matches, start, end)),
  labels: (ids: Int32Array) => engine.labels(ids),
  labelNames: (matches: string[], start: number, end: number) => turns.run(queries.labelNames(matches, start, end)),
  labelValues: (name: string, matches: string[], start: number, end: number) =>
    turns.run(queries.labelValues(name, matches, start, end)),
  sequences: () => engine.sequences(),
  totals: () => engine.totals(),
  retain: (now: number) => engine.retain(now),
  checkpoint: () => engine.checkpoint(),
  close: () => engine.close(),
});
