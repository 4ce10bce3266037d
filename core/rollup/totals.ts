import type { ErrorCode } from '../../lib/errors.ts';
import type { MetricQueries } from '../ports/metric-store.ts';
import { groupLabels, ownSelector } from './group-labels.ts';
import type { SketchRecord } from './record.ts';
import { refusedQuery } from './refused-query.ts';

/** What a window adds to its group's counter. */
interface Step {
  /** What is known of it. */
  increase: number;
  /** Its value was written. */
  isWritten: boolean;
  /** The window is remembered: what it adds may change. */
  isHeld: boolean;
}

/** The counter of one group. */
interface Counter {
  /** Windows from this end on are among the steps, where they were ever written. */
  from: number;
  /** What it had come to before all steps. */
  before: number;
  /** By the end of their windows. */
  readonly steps: Map<number, Step>;
  /** Steps from this end on have changed since they were written. */
  changed: number;
}

/** A counter that had no value for this long begins at 0 again, as any counter may. */
const LOOK_BACK_MS = 300_000;
const LOOK_BACK_WINDOWS = 3;
/** What was asked is kept so long, ms: sketches of many groups of one window come together. */
const KEPT_MS = 10_000;
const MOST_ANSWERS = 1_000;
const QUERY = { timeoutMs: 30_000, maxSamples: 10_000_000, lookbackMs: 1 };

type Stored = ReadonlyMap<string, readonly (readonly [number, number])[]>;

/**
 * The running sums of `total`: a group's value at the end of a window is what all of its windows up to there add. The metric store keeps what they came
 * to. What is read again after a crash gives the same values, since windows of a group are forgotten in their order: those that are not in memory are
 * in the stored value before the first that is.
 */
export class Totals {
  readonly #metrics: Pick<MetricQueries, 'query'>;
  readonly #now: () => number;
  /** Told of questions that have no answer. */
  readonly #unanswered: (code: ErrorCode) => void;
  readonly #counters = new Map<string, Counter>();
  readonly #answers = new Map<string, { readonly at: number; readonly stored: Promise<Stored> }>();

  constructor(metrics: Pick<MetricQueries, 'query'>, now: () => number, unanswered: (code: ErrorCode) => void) {
    this.#metrics = metrics;
    this.#now = now;
    this.#unanswered = unanswered;
  }

  /** Makes sure that what was written before a window is known. @throws what the store throws while it does not answer */
  async load(key: string, record: SketchRecord): Promise<void> {
    const { window, group } = record;
    const { end } = window;
    const known = this.#counters.get(key);
    if (known && known.from <= end) return;
    const stored = (await this.#ask(record)).get(groupLabels(group.series.labels)) ?? [];
    // Others may have come meanwhile.
    const there = this.#counters.get(key);
    if (there && there.from <= end) return;
    const counter: Counter = there ?? { from: end, before: 0, steps: new Map(), changed: Number.POSITIVE_INFINITY };
    this.#counters.set(key, counter);
    counter.from = end;
    counter.before = 0;
    let last = 0;
    for (const [time, value] of stored) {
      // It began anew.
      const increase = value < last ? value : value - last;
      last = value;
      if (time < end) counter.before = value;
      else if (!counter.steps.get(time)?.isHeld) counter.steps.set(time, { increase, isWritten: true, isHeld: false });
    }
  }

  /** Whether that is known still: others may have let it go while it was waited for. */
  knows(key: string, end: number): boolean {
    const counter = this.#counters.get(key);
    return counter !== undefined && counter.from <= end;
  }

  /** A window is remembered. */
  hold(key: string, end: number): void {
    const counter = this.#counters.get(key);
    const step = counter?.steps.get(end);
    if (step) step.isHeld = true;
    else counter?.steps.set(end, { increase: 0, isWritten: false, isHeld: true });
  }

  /** What a window adds, which is to be written now. */
  set(key: string, end: number, increase: number): void {
    const counter = this.#counters.get(key);
    const step = counter?.steps.get(end);
    if (!counter || !step) return;
    if (!step.isWritten || step.increase !== increase) counter.changed = Math.min(counter.changed, end);
    step.increase = increase;
    step.isWritten = true;
  }

  /** What it has come to at the end of each window that has to be written, ascending. */
  *changed(key: string): Generator<readonly [end: number, total: number]> {
    const counter = this.#counters.get(key);
    if (!counter) return;
    let total = counter.before;
    for (const [end, { increase, isWritten }] of inOrder(counter)) {
      total += increase;
      if (isWritten && end >= counter.changed) yield [end, total];
    }
  }

  /** All of it is written. */
  settled(key: string): void {
    const counter = this.#counters.get(key);
    if (counter) counter.changed = Number.POSITIVE_INFINITY;
  }

  /** Whether a window may be forgotten: none before it is remembered. */
  isFirst(key: string, end: number): boolean {
    for (const [time, { isHeld }] of this.#counters.get(key)?.steps ?? []) if (isHeld && time < end) return false;
    return true;
  }

  /** A window is not remembered any more. @param over it is done with, and not another's now */
  forget(key: string, end: number, over: boolean): void {
    const counter = this.#counters.get(key);
    if (!counter) return;
    if (!over) counter.steps.delete(end);
    for (const [time, { increase }] of inOrder(counter)) {
      if (!over || time > end) break;
      counter.before += increase;
      counter.from = time + 1;
      counter.steps.delete(time);
    }
    // What is written is in the store, should there be more of it.
    if (![...counter.steps.values()].some(({ isHeld }) => isHeld)) this.#counters.delete(key);
  }

  /** What is kept of a group of which nothing is remembered goes. */
  drop(key: string): void {
    const counter = this.#counters.get(key);
    if (counter && ![...counter.steps.values()].some(({ isHeld }) => isHeld)) this.#counters.delete(key);
  }

  async #ask({ window, group, relay, site }: SketchRecord): Promise<Stored> {
    const name = `${group.series.name}_total`;
    const own = ownSelector(window.own ? { relay, site } : null);
    const question = `${window.end} ${name} ${own}`;
    const now = this.#now();
    const there = this.#answers.get(question);
    if (there && now - there.at < KEPT_MS) return there.stored;
    const until = Math.max(now, window.end);
    const back = Math.ceil(until - window.end) + Math.max(LOOK_BACK_MS, LOOK_BACK_WINDOWS * (window.interval ?? 0));
    const stored = this.#read(`{__name__=${JSON.stringify(name)}, ${own}}[${back}ms]`, until);
    this.#answers.delete(question);
    this.#answers.set(question, { at: now, stored });
    if (this.#answers.size > MOST_ANSWERS) this.#answers.delete(this.#answers.keys().next().value!);
    stored.catch(() => this.#answers.delete(question));
    return stored;
  }

  async #read(expression: string, time: number): Promise<Stored> {
    try {
      const found = await this.#metrics.query(expression, time, QUERY);
      const matrix = found.resultType === 'matrix' ? found.result : [];
      return new Map(
        matrix.map(({ metric, values }) => [
          groupLabels(Object.entries(metric)),
          values.map(([seconds, value]) => [Math.round(seconds * 1000), Number(value)] as const),
        ]),
      );
    } catch (error) {
      const code = refusedQuery(error);
      if (code === null) throw error;
      // As where more is there than may be read at once: counters begin anew, which whoever reads them allows for.
      this.#unanswered(code);
      return new Map();
    }
  }
}

function inOrder({ steps }: Counter): (readonly [number, Step])[] {
  return [...steps].sort(([a], [b]) => a - b);
}
