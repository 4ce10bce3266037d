import { parseDuration, parseNumber } from '../../lib/promql/literals.ts';
import type { TokenCursor } from '../../lib/promql/token-cursor.ts';
import { power } from './operators.ts';

/** What step() and range() mean in a duration: the query's own, in ms; 0 for an instant query. */
export interface Timing {
  readonly step: number;
  readonly range: number;
}

interface Duration {
  readonly seconds: number;
  /** A number as it stands, with or without a sign: its value is rounded, a computed one is cut off. */
  readonly literal: boolean;
}

const LEVELS: Readonly<Record<string, number>> = { '+': 1, '-': 1, '*': 2, '/': 2, '%': 2, '^': 3 };
const UNARY_LEVEL = 2;
/** Seconds that fit into 64 bits of ns. */
const MOST_SECONDS = 2 ** 63 / 1e9;
const EXPECTED = ['number', 'duration', 'step()', 'range()'];

/** The duration of a range or a resolution, in ms: 5m, 300, 2 * step(), max_of(5m, range()). More than zero, or HG_QUERY_SYNTAX. */
export function rangeDuration(cursor: TokenCursor, timing: Timing, depth: number): number {
  const { at } = cursor.peek();
  const duration = new DurationParser(cursor, timing).expression(0, depth);
  if (!(duration.seconds > 0)) throw cursor.wrong(at, 'duration must be greater than 0');
  return milliseconds(duration, cursor, at);
}

/** The duration after `offset`, in ms. A plain one ends there (`a offset 5m * 2` multiplies a); one in parentheses goes on. */
export function offsetDuration(cursor: TokenCursor, timing: Timing, depth: number): number {
  const { at } = cursor.peek();
  return milliseconds(new DurationParser(cursor, timing).offset(depth), cursor, at);
}

function milliseconds({ seconds, literal }: Duration, cursor: TokenCursor, at: number): number {
  if (seconds > MOST_SECONDS || seconds < -MOST_SECONDS) throw cursor.wrong(at, 'duration out of range');
  if (Number.isNaN(seconds)) {
    // What Go makes of it: the earliest duration there is.
    if (literal) return Math.trunc(-MOST_SECONDS * 1000);
    throw cursor.wrong(at, 'duration is NaN or infinite');
  }
  return literal ? Math.trunc(Math.round(seconds * 1e9) / 1e6) : Math.trunc(seconds * 1000);
}

class DurationParser {
  readonly #cursor: TokenCursor;
  readonly #timing: Timing;

  constructor(cursor: TokenCursor, timing: Timing) {
    this.#cursor = cursor;
    this.#timing = timing;
  }

  offset(depth: number): Duration {
    const cursor = this.#cursor;
    if (cursor.is('(')) return this.expression(0, depth);
    if (!cursor.is('+', '-')) return this.#operand(depth);
    const { kind, word } = cursor.second();
    if (kind === 'symbol' && word !== '(') return this.expression(0, depth);
    const negative = cursor.take().word === '-';
    return signed(this.#operand(depth), negative);
  }

  /** By precedence: operators of at least this level. */
  expression(level: number, depth: number): Duration {
    const cursor = this.#cursor;
    if (depth > 200) throw cursor.wrong(cursor.peek().at, 'the duration is nested too deep');
    let left: Duration;
    const sign = cursor.takeIf('+', '-');
    if (sign === undefined) left = this.#operand(depth);
    else left = signed(this.expression(UNARY_LEVEL + 1, depth + 1), sign.word === '-');
    for (;;) {
      const operator = cursor.peek();
      const binds = operator.kind === 'symbol' ? LEVELS[operator.word] : undefined;
      if (binds === undefined || binds < level) return left;
      cursor.take();
      const right = this.expression(operator.word === '^' ? binds : binds + 1, depth + 1);
      if (right.seconds === 0 && (operator.word === '/' || operator.word === '%')) {
        throw cursor.wrong(operator.at, operator.word === '/' ? 'division by zero' : 'modulo by zero');
      }
      left = { seconds: compute(operator.word, left.seconds, right.seconds), literal: false };
    }
  }

  #operand(depth: number): Duration {
    const cursor = this.#cursor;
    const token = cursor.peek();
    if (token.kind === 'number' || token.kind === 'duration') {
      cursor.take();
      const read = token.kind === 'number' ? parseNumber : parseDuration;
      const seconds = read(token.text, cursor.query, token.at);
      if (seconds > MOST_SECONDS) throw cursor.wrong(token.at, 'duration out of range');
      return { seconds, literal: true };
    }
    if (cursor.takeIf('(') !== undefined) {
      const { seconds } = this.expression(0, depth + 1);
      cursor.expect(')');
      return { seconds, literal: false };
    }
    if (cursor.takeIf('step', 'range') !== undefined) {
      cursor.expect('(');
      cursor.expect(')');
      return { seconds: this.#timing[token.word === 'step' ? 'step' : 'range'] / 1000, literal: false };
    }
    if (cursor.takeIf('max_of', 'min_of') !== undefined) {
      cursor.expect('(');
      const first = this.expression(0, depth + 1).seconds;
      cursor.expect(',');
      const second = this.expression(0, depth + 1).seconds;
      cursor.expect(')');
      return { seconds: token.word === 'max_of' ? Math.max(first, second) : Math.min(first, second), literal: false };
    }
    throw cursor.unexpected(...EXPECTED);
  }
}

function signed({ seconds, literal }: Duration, negative: boolean): Duration {
  return { seconds: negative ? -seconds : seconds, literal };
}

function compute(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    default:
      return power(left, right);
  }
}
