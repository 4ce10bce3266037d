import { HeliographError } from '../../lib/errors.ts';
import { parseDuration, parseNumber, parseString } from '../../lib/promql/literals.ts';
import { queryError } from '../../lib/promql/query-error.ts';
import { TokenCursor } from '../../lib/promql/token-cursor.ts';
import { AGGREGATE_KEYWORDS, isMetricKeyword, tokenize } from '../../lib/promql/tokens.ts';
import type { AggregateNode, Node, Pin } from './ast.ts';
import { OPERATOR_LEVELS, UNARY_LEVEL } from './operators.ts';
import type { Timing } from './parse-duration.ts';
import { offsetDuration, rangeDuration } from './parse-duration.ts';
import { binaryModifiers, groupingLabels, numberLiteral } from './parse-matching.ts';
import { pinTime, withEdges, withOffset, withPin, withRange } from './postfix.ts';
import { parseSelectorNode } from './selector-node.ts';

// A query longer than this is no one's.
const MAX_TEXT = 64 * 1024;
/** Deeper nesting than this, or a longer chain of operators, would only serve to exhaust the stack. */
const MAX_NESTING = 500;
const INSTANT: Timing = { step: 0, range: 0 };

/**
 * The syntax tree of a query, by Prometheus' grammar. Throws HG_QUERY_SYNTAX (with line:column and what was expected),
 * HG_QUERY_REGEX or HG_QUERY_LIMIT (too long, too deep). Types are checked apart, by checkTypes.
 * @param timing what step() and range() mean in durations
 */
export function parseQuery(query: string, timing: Timing = INSTANT): Node {
  if (query.length > MAX_TEXT) {
    throw new HeliographError('HG_QUERY_LIMIT', `the query has ${query.length} characters, more than ${MAX_TEXT}`);
  }
  const cursor = new TokenCursor(query, tokenize(query));
  if (cursor.peek().kind === 'end') throw queryError('HG_QUERY_SYNTAX', query, 0, 'no expression found in input');
  const node = new QueryParser(cursor, timing).expression(0, 0);
  if (cursor.peek().kind !== 'end') throw cursor.unexpected('an operator');
  return node;
}

class QueryParser {
  readonly #cursor: TokenCursor;
  readonly #timing: Timing;

  constructor(cursor: TokenCursor, timing: Timing) {
    this.#cursor = cursor;
    this.#timing = timing;
  }

  /** By precedence: an operand and the operators of at least this level that follow it. */
  expression(level: number, depth: number): Node {
    if (depth > MAX_NESTING) throw tooDeep();
    const cursor = this.#cursor;
    let left = cursor.is('+', '-') ? this.#unary(depth) : this.#operand(depth);
    for (let length = depth; ; length++) {
      const { kind, word } = cursor.peek();
      const binds = kind === 'symbol' || kind === 'keyword' ? OPERATOR_LEVELS.get(word) : undefined;
      if (binds === undefined || binds < level) return left;
      if (length > MAX_NESTING) throw tooDeep();
      const { at } = cursor.take();
      const modifiers = binaryModifiers(cursor);
      // Only ^ groups from the right.
      const right = this.expression(word === '^' ? binds : binds + 1, depth + 1);
      left = { kind: 'binary', at: left.at, operatorAt: at, operator: word, left, right, ...modifiers };
    }
  }

  /** A sign binds as * does: what comes after it takes ^ and nothing weaker. A signed number is a number. */
  #unary(depth: number): Node {
    const { word, at } = this.#cursor.take();
    const inner = this.expression(UNARY_LEVEL + 1, depth + 1);
    if (inner.kind === 'number') return { ...inner, at, value: word === '-' ? -inner.value : inner.value };
    return { kind: 'unary', at, operator: word === '-' ? '-' : '+', inner };
  }

  #operand(depth: number): Node {
    const cursor = this.#cursor;
    let node = this.#primary(depth);
    for (;;) {
      const bracket = cursor.takeIf('[');
      if (bracket !== undefined) node = this.#range(node, bracket.at, depth);
      else if (cursor.takeIf('offset') !== undefined) {
        node = withOffset(node, offsetDuration(cursor, this.#timing, depth), cursor);
      } else if (cursor.takeIf('@') !== undefined) node = withPin(node, this.#pin(node), cursor);
      else if (cursor.is('anchored', 'smoothed')) {
        node = withEdges(node, cursor.take().word === 'anchored' ? 'anchored' : 'smoothed', cursor);
      } else return node;
    }
  }

  #range(node: Node, at: number, depth: number): Node {
    const cursor = this.#cursor;
    const range = rangeDuration(cursor, this.#timing, depth);
    if (cursor.takeIf(']') !== undefined) return withRange(node, range, at, cursor);
    cursor.expect(':', 'an operator', '"]"');
    const step = cursor.is(']') ? undefined : rangeDuration(cursor, this.#timing, depth);
    cursor.expect(']', 'an operator');
    return { kind: 'subquery', at: node.at, inner: node, range, step, offset: 0, pin: undefined };
  }

  #pin(node: Node): Pin {
    const cursor = this.#cursor;
    const preset = cursor.takeIf('start', 'end');
    if (preset === undefined) {
      const negative = cursor.takeIf('+', '-')?.word === '-';
      const seconds = numberLiteral(cursor, 'start()', 'end()');
      return pinTime(negative ? -seconds : seconds, node.at, cursor);
    }
    cursor.expect('(');
    cursor.expect(')');
    return preset.word === 'start' ? 'start' : 'end';
  }

  #primary(depth: number): Node {
    const cursor = this.#cursor;
    const token = cursor.peek();
    const { at, text, kind, word } = token;
    const { query } = cursor;
    const called = cursor.second().word === '(' && cursor.second().kind === 'symbol';
    switch (kind) {
      case 'number':
        cursor.take();
        return { kind: 'number', at, value: parseNumber(text, query, at) };
      case 'duration':
        cursor.take();
        return { kind: 'number', at, value: parseDuration(text, query, at) };
      case 'string':
        cursor.take();
        return { kind: 'string', at, value: parseString(text, query, at) };
      case 'identifier':
        cursor.take();
        if (called) return { kind: 'call', at, name: text, args: this.#arguments(depth) };
        return parseSelectorNode(cursor, text, at);
      case 'metric':
        cursor.take();
        return parseSelectorNode(cursor, text, at);
      case 'keyword':
        return this.#keyword(depth, called);
      default:
    }
    if (word === '{' && kind === 'symbol') return parseSelectorNode(cursor, undefined, at);
    if (word !== '(' || kind !== 'symbol') throw cursor.unexpected('an expression');
    cursor.take();
    const inner = this.expression(0, depth + 1);
    cursor.expect(')', 'an operator');
    return { kind: 'paren', at, inner };
  }

  /** An aggregation, a function that is also a keyword, or a metric of a keyword's name. */
  #keyword(depth: number, called: boolean): Node {
    const cursor = this.#cursor;
    const { at, text, word } = cursor.peek();
    if (AGGREGATE_KEYWORDS.has(word)) {
      const next = cursor.second();
      if (called || (next.kind === 'keyword' && (next.word === 'by' || next.word === 'without'))) {
        return this.#aggregate(depth);
      }
    }
    if (!isMetricKeyword(word)) throw cursor.unexpected('an expression');
    cursor.take();
    if (called && KEYWORD_FUNCTIONS.has(word)) return { kind: 'call', at, name: text, args: this.#arguments(depth) };
    return parseSelectorNode(cursor, text, at);
  }

  #arguments(depth: number): Node[] {
    const cursor = this.#cursor;
    cursor.expect('(');
    if (cursor.takeIf(')') !== undefined) return [];
    const args: Node[] = [];
    for (;;) {
      args.push(this.expression(0, depth + 1));
      const comma = cursor.takeIf(',');
      if (comma === undefined) break;
      if (cursor.is(')')) throw cursor.wrong(comma.at, 'trailing commas not allowed in function call args');
    }
    cursor.expect(')', 'an operator', '","');
    return args;
  }

  #aggregate(depth: number): AggregateNode {
    const cursor = this.#cursor;
    const { at, word: operator } = cursor.take();
    let clause = cursor.takeIf('by', 'without');
    let grouping = clause === undefined ? [] : groupingLabels(cursor);
    const args = this.#arguments(depth);
    if (clause === undefined) {
      clause = cursor.takeIf('by', 'without');
      if (clause !== undefined) grouping = groupingLabels(cursor);
    }
    const wanted = PARAMETRIC.has(operator) ? 2 : 1;
    if (args.length === 0) throw cursor.wrong(at, 'no arguments for aggregate expression provided');
    if (args.length !== wanted) {
      throw cursor.wrong(
        at,
        `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
      );
    }
    return {
      kind: 'aggregate',
      at,
      operator,
      parameter: wanted === 2 ? args[0] : undefined,
      inner: args.at(-1)!,
      grouping,
      without: clause?.word === 'without',
    };
  }
}

const KEYWORD_FUNCTIONS: ReadonlySet<string> = new Set(['start', 'end', 'step', 'range', 'max_of', 'min_of']);
const PARAMETRIC: ReadonlySet<string> = new Set([
  'topk',
  'bottomk',
  'quantile',
  'count_values',
  'limitk',
  'limit_ratio',
]);

function tooDeep(): HeliographError {
  return new HeliographError('HG_QUERY_LIMIT', `the query is nested deeper than ${MAX_NESTING}`, {
    limit: MAX_NESTING,
  });
}
