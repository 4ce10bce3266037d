import { type MessagePort, workerData } from 'node:worker_threads';
import type { Clock } from '../../lib/clock.ts';
import type { Matcher, QueryOptions, SeriesSamples } from '../ports/metric-store.ts';
import { Budget } from '../promql/budget.ts';
import { streamInstant, streamRange } from '../promql/evaluate.ts';
import { answerJson } from '../promql/json.ts';
import type { SeriesSource } from '../promql/source.ts';
import { processClock } from '../workers/process-clock.ts';
import { Moved, serve } from '../workers/serve.ts';
import { SyncCaller } from '../workers/sync-caller.ts';

/** A thread that evaluates. It asks the store's thread for samples, batch by batch, and stands still meanwhile. */
const { port, signal } = workerData as { port: MessagePort; signal: Int32Array };
const engine = new SyncCaller(port, signal, 'HG_STORE_WORKER');
const clock: Clock = { now: Date.now, mono: processClock };

/** Reading is bounded as well as evaluating: a query that asks for too much stops before it fills the memory. */
function source(options: QueryOptions): SeriesSource {
  const budget = new Budget(options, clock);
  const check = () => budget.check();
  return {
    select: (matchers: readonly Matcher[], start: number, end: number): SeriesSamples[] => {
      check();
      const all: SeriesSamples[] = [];
      const cursor = engine.call<number>('start', [[matchers], start, end], check);
      try {
        for (;;) {
          const batch = engine.call<SeriesSamples[]>('next', [cursor], check);
          if (batch.length === 0) return all;
          for (const one of batch) {
            budget.charge(one.times.length);
            all.push(one);
          }
        }
      } finally {
        engine.tell('end', [cursor]);
      }
    },
  };
}

serve({
  /** `asked` on the process's clock: what a query waited for its turn counts. */
  answer: (
    expression: string,
    at: number | { start: number; end: number; step: number },
    options: QueryOptions,
    limit: number,
    asked: number,
  ) => {
    const left = { ...options, timeoutMs: options.timeoutMs - (processClock() - asked) };
    const stream =
      typeof at === 'number'
        ? streamInstant(expression, at, source(left), left, clock)
        : streamRange(expression, at.start, at.end, at.step, source(left), left, clock);
    const answer = answerJson(stream, limit);
    return new Moved(answer, [answer.json.buffer]);
  },
  close: () => port.close(),
});
