import { queryError } from '../../lib/promql/query-error.ts';
import { checkMatchers } from '../../lib/promql/selector.ts';
import type { AggregateNode, BinaryNode, CallNode, Node, SelectorNode, ValueType } from './ast.ts';
import { FUNCTIONS } from './functions/table.ts';
import { isComparison, isSetOperator } from './operators.ts';

/** Prometheus' names of the types. */
const WORDS: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

/** Some of its messages have the names of its code. */
const GO_WORDS: Readonly<Record<ValueType, string>> = { ...WORDS, vector: 'vector', matrix: 'matrix' };

/** The type of a query, after each part of it was found to fit its place. Throws HG_QUERY_TYPE, or HG_QUERY_SYNTAX for a function or selector that is none. */
export function checkTypes(node: Node, query: string): ValueType {
  const wrong = (at: number, detail: string) => queryError('HG_QUERY_TYPE', query, at, detail);
  const expect = (child: Node, type: ValueType, place: string) => {
    const got = checkTypes(child, query);
    if (got !== type) throw wrong(child.at, `expected type ${WORDS[type]} in ${place}, got ${WORDS[got]}`);
  };
  switch (node.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
      checkSelector(node, query, true);
      return 'vector';
    case 'matrix':
      checkSelector(node.selector, query, true);
      return 'matrix';
    case 'paren':
      return checkTypes(node.inner, query);
    case 'unary': {
      const type = checkTypes(node.inner, query);
      if (type === 'scalar' || type === 'vector') return type;
      throw wrong(
        node.at,
        `unary expression only allowed on expressions of type scalar or instant vector, got "${WORDS[type]}"`,
      );
    }
    case 'subquery': {
      const type = checkTypes(node.inner, query);
      if (type === 'vector') return 'matrix';
      throw wrong(node.at, `subquery is only allowed on instant vector, got ${GO_WORDS[type]} instead`);
    }
    case 'aggregate':
      checkAggregate(node, expect);
      return 'vector';
    case 'call':
      return checkCall(node, query, expect);
    case 'binary':
      return checkBinary(node, query);
  }
}

type Expect = (child: Node, type: ValueType, place: string) => void;

/** A name stands once, and something must be asked for (not so in info's second argument). */
function checkSelector({ at, name, matchers }: SelectorNode, query: string, somethingAsked: boolean): void {
  checkMatchers(matchers, name, at, query, somethingAsked);
}

function checkAggregate(node: AggregateNode, expect: Expect): void {
  expect(node.inner, 'vector', 'aggregation expression');
  if (node.parameter === undefined) return;
  expect(node.parameter, node.operator === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
}

function checkCall(node: CallNode, query: string, expect: Expect): ValueType {
  const definition = FUNCTIONS.get(node.name);
  if (definition === undefined) {
    throw queryError('HG_QUERY_SYNTAX', query, node.at, `unknown function with name ${JSON.stringify(node.name)}`);
  }
  const { args, optional = 0, variadic = false } = definition;
  const most = variadic ? (definition.most ?? Number.POSITIVE_INFINITY) : args.length;
  const least = args.length - optional;
  const got = node.args.length;
  if (got < least || got > most) {
    const bound = least === most ? '' : got < least ? 'at least ' : 'at most ';
    const wanted = got < least ? least : most;
    throw queryError(
      'HG_QUERY_TYPE',
      query,
      node.at,
      `expected ${bound}${wanted} argument(s) in call to "${node.name}", got ${got}`,
    );
  }
  for (const [i, argument] of node.args.entries()) {
    if (i === 1 && node.name === 'info') {
      if (argument.kind !== 'selector' || argument.name !== undefined) {
        const got = argument.kind === 'selector' ? ', got vector selector instead' : '';
        throw queryError('HG_QUERY_TYPE', query, argument.at, `expected label selectors only${got}`);
      }
      checkSelector(argument, query, false);
      continue;
    }
    expect(argument, args[Math.min(i, args.length - 1)]!, `call to function "${node.name}"`);
  }
  return definition.kind === 'whole' ? definition.returns : 'vector';
}

function checkBinary(node: BinaryNode, query: string): ValueType {
  const wrong = (detail: string, at = node.at) => queryError('HG_QUERY_TYPE', query, at, detail);
  const [left, right] = [checkTypes(node.left, query), checkTypes(node.right, query)];
  for (const [type, { at }] of [
    [left, node.left],
    [right, node.right],
  ] as const) {
    if (type !== 'scalar' && type !== 'vector') {
      throw wrong('binary expression must contain only scalar and instant vector types', at);
    }
  }
  const comparison = isComparison(node.operator);
  if (node.bool && !comparison) throw wrong('bool modifier can only be used on comparison operators', node.operatorAt);
  const { matching } = node;
  const shared = matching.on ? matching.include.find((label) => matching.labels.includes(label)) : undefined;
  if (shared !== undefined) {
    throw wrong(`label ${JSON.stringify(shared)} must not occur in ON and GROUP clause at once`, node.operatorAt);
  }
  const fills = matching.fillLeft !== undefined || matching.fillRight !== undefined;
  if (left !== 'vector' || right !== 'vector') {
    if (fills) throw wrong('filling in missing series only allowed between instant vectors');
    if (matching.labels.length > 0) throw wrong('vector matching only allowed between instant vectors');
    if (isSetOperator(node.operator)) {
      throw wrong(`set operator ${JSON.stringify(node.operator)} not allowed in binary scalar expression`);
    }
    if (left === 'scalar' && right === 'scalar') {
      if (comparison && !node.bool) throw wrong('comparisons between scalars must use BOOL modifier', node.operatorAt);
      return 'scalar';
    }
    return 'vector';
  }
  if (isSetOperator(node.operator)) {
    const operator = JSON.stringify(node.operator);
    if (matching.many !== undefined) throw wrong(`no grouping allowed for ${operator} operation`);
    if (fills) throw wrong('filling in missing series not allowed for set operators');
  }
  return 'vector';
}
