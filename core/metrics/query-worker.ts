import { type MessagePort, workerData } from 'node:worker_threads';
import type { Clock } from '../../lib/clock.ts';
import type { Matcher, QueryOptions, SeriesSamples } from '../ports/metric-store.ts';
import { Annotations } from '../promql/annotations.ts';
import { Budget } from '../promql/budget.ts';
import { streamInstant, streamRange } from '../promql/evaluate.ts';
import { answerJson } from '../promql/json.ts';
import type { SeriesSource } from '../promql/source.ts';
import { inBackground } from '../workers/background.ts';
import { processClock } from '../workers/process-clock.ts';
import { Moved, serve } from '../workers/serve.ts';
import { SyncCaller } from '../workers/sync-caller.ts';
import { type Meter, SeriesReader } from './series-reader.ts';

/**
 * A thread that reads and evaluates. The store's own thread only hands over what is in memory; this one stands still
 * meanwhile, and reads the days' files itself.
 */
const { directory, port, signal } = workerData as { directory: string; port: MessagePort; signal: Int32Array };
inBackground();

const clock: Clock = { now: Date.now, mono: processClock };
const engine = new SyncCaller(port, signal, 'HG_STORE_WORKER');
/** Ends a wait for the store's thread: whether anybody still wants what is being done. */
let check: () => void = () => undefined;
const reader = new SeriesReader(directory, {
  find: (...parameters) => engine.call('find', parameters, check),
  labels: (...parameters) => engine.call('labels', parameters, check),
  head: (...parameters) => engine.call('head', parameters, check),
});

/** Samples after which a batch of an export is sent. */
const EXPORT_SAMPLES = 200_000;

/** Bounded in itself: a query that asks for too much stops before it fills the memory. */
function source(budget: Budget): SeriesSource {
  const known = new Map<string, SeriesSamples[]>();
  return {
    select(matchers: readonly Matcher[], start: number, end: number, again: boolean): Iterable<SeriesSamples> {
      if (!again) return pieces(budget, matchers, start, end);
      const key = JSON.stringify([matchers, start, end]);
      const found = known.get(key) ?? reader.select(matchers, start, end, budget);
      known.set(key, found);
      return found;
    },
  };
}

/** Series by some hundred: what was read is let go of when the next are. */
function* pieces(budget: Budget, matchers: readonly Matcher[], start: number, end: number): Generator<SeriesSamples> {
  const ids = reader.find([matchers], start, end);
  for (let from = 0; from < ids.length; ) {
    const piece: SeriesSamples[] = [];
    const before = budget.samples;
    from += reader.read(ids.subarray(from), start, end, budget, piece);
    yield* piece;
    budget.release(budget.samples - before);
  }
}

serve({
  /** `until` on the process's clock: what a query waited for its turn counts. */
  answer: (
    expression: string,
    at: number | { start: number; end: number; step: number },
    options: QueryOptions,
    limit: number,
    until: number,
  ) => {
    const left = { ...options, timeoutMs: until - processClock() };
    const budget = new Budget(left, clock);
    check = () => budget.check();
    check();
    const data = source(budget);
    const annotations = new Annotations();
    const stream =
      typeof at === 'number'
        ? streamInstant(expression, at, data, left, clock, annotations)
        : streamRange(expression, at.start, at.end, at.step, data, left, clock, annotations);
    const answer = { ...answerJson(stream, limit, check), ...annotations.notes(expression) };
    return new Moved(answer, [answer.json.buffer]);
  },
  /** The series of an export. */
  find: (sets: Matcher[][], start: number, end: number, stop: Int32Array) => {
    check = checkOf(stop);
    const ids = reader.find(sets, start, end);
    return new Moved(ids, [ids.buffer as ArrayBuffer]);
  },
  /** A batch of an export: what the first of `ids` have, and how many ids that were. */
  read: (ids: Int32Array, start: number, end: number, stop: Int32Array) => {
    check = checkOf(stop);
    let samples = 0;
    const meter: Meter = {
      room: check,
      charge: (more) => {
        samples += more;
      },
    };
    const batch: SeriesSamples[] = [];
    let read = 0;
    while (read < ids.length && samples < EXPORT_SAMPLES) {
      read += reader.read(ids.subarray(read), start, end, meter, batch);
    }
    const buffers = batch.flatMap(({ times, values }) => [times.buffer as ArrayBuffer, values.buffer as ArrayBuffer]);
    return new Moved({ batch, read }, buffers);
  },
  forget: (day: number) => reader.forget(day),
  close: () => {
    reader.close();
    port.close();
  },
});

function checkOf(stop: Int32Array): () => void {
  const forEver = { timeoutMs: Number.POSITIVE_INFINITY, maxSamples: Number.POSITIVE_INFINITY, lookbackMs: 0, stop };
  const budget = new Budget(forEver, clock);
  return () => budget.check();
}
