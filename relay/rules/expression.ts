import type { Node, SelectorNode } from '../../core/promql/ast.ts';
import { checkTypes } from '../../core/promql/check.ts';
import { parseQuery } from '../../core/promql/parse.ts';
import { partsOf } from '../../core/promql/repeated.ts';
import { type Matcher, METRIC_NAME } from '../../lib/promql/matcher.ts';
import { queryError } from '../../lib/promql/query-error.ts';

/** The longest range that a rule may look back over, ms: what it needs is held in memory. */
export const MOST_RANGE_MS = 15 * 60_000;

/** The series that the relay itself makes: 1 for a host that is connected, 0 for one that it knows and is not. */
export const HOST_UP = 'heliograph_host_up';

/** Whether a selector names that series. */
export function isHostUp(matchers: readonly Matcher[]): boolean {
  return matchers.some(({ name, operator, value }) => name === METRIC_NAME && operator === '=' && value === HOST_UP);
}

const AGGREGATIONS: ReadonlySet<string> = new Set(['sum', 'min', 'max', 'avg', 'count', 'group']);
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...['rate', 'irate', 'increase', 'delta', 'idelta', 'changes', 'resets', 'deriv'],
  ...['avg_over_time', 'min_over_time', 'max_over_time', 'sum_over_time', 'count_over_time', 'last_over_time'],
  ...['absent', 'absent_over_time', 'abs', 'ceil', 'floor', 'round', 'clamp', 'clamp_min', 'clamp_max'],
  ...['time', 'timestamp', 'vector', 'scalar'],
]);

/** What a rule asks of the samples that pass. */
export interface RuleExpression {
  readonly text: string;
  /** Each with how far back it looks, ms; 0: the newest sample. */
  readonly selectors: readonly { readonly matchers: readonly Matcher[]; readonly rangeMs: number }[];
}

/**
 * Reads a rule's expression, and refuses what a relay cannot answer out of the last minutes.
 * @throws HeliographError HG_RELAY_RULE, HG_QUERY_SYNTAX, _TYPE, _REGEX, _LIMIT, with line and column within the expression
 */
export function readExpression(text: string): RuleExpression {
  const node = parseQuery(text);
  const type = checkTypes(node, text);
  if (type !== 'vector')
    throw queryError('HG_RELAY_RULE', text, node.at, `a rule needs an instant vector, not a ${type}`);
  const selectors: { matchers: readonly Matcher[]; rangeMs: number }[] = [];
  const refuse = (at: number, detail: string) => queryError('HG_RELAY_RULE', text, at, detail);
  const select = (one: SelectorNode, rangeMs: number) => {
    if (one.offset !== 0) throw refuse(one.at, 'offset is not evaluated');
    if (one.pin !== undefined) throw refuse(one.at, '@ is not evaluated');
    if (one.edges !== undefined) throw refuse(one.at, `${one.edges} is not evaluated`);
    const name = one.matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.operator === '=')?.value;
    if (!name) throw refuse(one.at, 'a selector without a metric name is not evaluated');
    if (rangeMs > MOST_RANGE_MS) throw refuse(one.at, 'a range above 15m is not evaluated');
    if (name === HOST_UP && rangeMs > 0)
      throw refuse(one.at, `a range of ${HOST_UP}, which is known of now only, is not evaluated`);
    selectors.push({ matchers: one.matchers, rangeMs });
  };
  const visit = (one: Node): void => {
    if (one.kind === 'selector') select(one, 0);
    if (one.kind === 'matrix') select(one.selector, one.range);
    if (one.kind === 'subquery') throw refuse(one.at, 'a subquery is not evaluated');
    if (one.kind === 'aggregate' && !AGGREGATIONS.has(one.operator)) {
      throw refuse(one.at, `${one.operator} is not evaluated`);
    }
    if (one.kind === 'call' && !FUNCTIONS.has(one.name)) throw refuse(one.at, `${one.name}() is not evaluated`);
    if (one.kind !== 'matrix') for (const part of partsOf(one)) visit(part);
  };
  visit(node);
  if (selectors.length === 0) throw refuse(node.at, 'an expression without a series is not evaluated');
  return { text, selectors };
}
