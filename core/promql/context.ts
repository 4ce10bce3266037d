import type { Annotations } from './annotations.ts';
import type { Node, Pin } from './ast.ts';
import type { Budget } from './budget.ts';
import type { SeriesSource } from './source.ts';
import type { Value } from './value.ts';

/** What an evaluation needs to know: the steps, the data, the limits, and how to evaluate a part of the query. Times are ms. */
export interface Context {
  readonly steps: Float64Array;
  /** Distance of steps; 0 for an instant query. */
  readonly step: number;
  /** The end of the range the steps are of: the last step, or later by less than a step. */
  readonly until: number;
  /** The whole query's start and end as asked for, which `@ start()` and `@ end()` mean in subqueries too. */
  readonly start: number;
  readonly end: number;
  /** Distance of the whole query's steps, which step() means in subqueries too. */
  readonly queryStep: number;
  readonly source: SeriesSource;
  readonly annotations: Annotations;
  /** Selectors that stand more than once in the query, by `selectorKey`. */
  readonly repeated: ReadonlySet<string>;
  readonly lookback: number;
  /** Resolution of a subquery that states none. */
  readonly subqueryStep: number;
  readonly budget: Budget;
  evaluate(node: Node, context: Context): Value;
}

/** The times a selector is read at: a step's time or the pinned one, less the offset. */
export function referenceTimes(context: Context, offset: number, pin: Pin | undefined): Float64Array {
  const { steps } = context;
  if (pin === undefined) return offset === 0 ? steps : steps.map((time) => time - offset);
  const fixed = pin === 'start' ? context.start : pin === 'end' ? context.end : pin;
  return new Float64Array(steps.length).fill(fixed - offset);
}
