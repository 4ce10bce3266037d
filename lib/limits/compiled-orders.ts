import { METRIC_NAME } from '../promql/matcher.ts';
import { compileMatcher } from '../promql/matchers.ts';
import type { TextTest } from '../promql/regex.ts';
import { parseSelector } from '../promql/selector.ts';
import { labelOf } from './label-of.ts';
import type { LimitOrder } from './order.ts';

interface Compiled {
  readonly order: LimitOrder;
  readonly tests: readonly (readonly [label: string, test: TextTest])[];
}

/** Orders as they are in force at a time: which one decides about a series. */
export class CompiledOrders {
  /** Those that name their metric, by it; a fleet's orders do, and a series meets few of them. */
  readonly #named = new Map<string, Compiled[]>();
  readonly #others: Compiled[] = [];
  readonly #ends: number;
  /** In force. */
  readonly size: number;

  /**
   * @param now ms since the epoch @param refused is told of an order whose selector cannot be read; the others are in force
   */
  constructor(orders: readonly LimitOrder[], now: number, refused: (order: LimitOrder, error: unknown) => void) {
    let ends = Number.POSITIVE_INFINITY;
    let size = 0;
    for (const order of orders) {
      if (order.until !== null && order.until <= now) continue;
      try {
        this.#enter(order);
      } catch (error) {
        refused(order, error);
        continue;
      }
      size++;
      ends = Math.min(ends, order.until ?? Number.POSITIVE_INFINITY);
    }
    this.#ends = ends;
    this.size = size;
  }

  /** Whether one of them has ended by now, ms since the epoch. */
  outdated(now: number): boolean {
    return now >= this.#ends;
  }

  /** A block before any cap; of caps the one with the least room. */
  of(metric: string, labels: readonly (readonly [string, string])[]): LimitOrder | null {
    let found: LimitOrder | null = null;
    for (const list of [this.#named.get(metric), this.#others]) {
      if (!list) continue;
      for (const { order, tests } of list) {
        if (!tests.every(([name, test]) => test(labelOf(labels, name)))) continue;
        if (order.kind === 'block') return order;
        if (found === null || (order.most ?? 0) < (found.most ?? 0)) found = order;
      }
    }
    return found;
  }

  #enter(order: LimitOrder): void {
    const matchers = parseSelector(order.match);
    const name = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.operator === '=');
    const tests = matchers
      .filter((matcher) => matcher !== name)
      .map((matcher) => [matcher.name, compileMatcher(matcher)] as const);
    const compiled = { order, tests };
    if (name === undefined) this.#others.push(compiled);
    else this.#named.set(name.value, [...(this.#named.get(name.value) ?? []), compiled]);
  }
}
