import { parseDuration, parseNumber, parseString } from '../../lib/promql/literals.ts';
import type { TokenCursor } from '../../lib/promql/token-cursor.ts';
import { isLabelKeyword } from '../../lib/promql/tokens.ts';
import type { Matching } from './ast.ts';

/** The labels of by, without, on, ignoring, group_left and group_right: (a, "b c", sum,). */
export function groupingLabels(cursor: TokenCursor): string[] {
  const labels: string[] = [];
  cursor.expect('(');
  while (!cursor.is(')')) {
    labels.push(groupingLabel(cursor));
    if (cursor.takeIf(',') === undefined && !cursor.is(')')) throw cursor.unexpected('","', '")"');
  }
  cursor.take();
  return labels;
}

function groupingLabel(cursor: TokenCursor): string {
  const token = cursor.peek();
  const { kind, text, at } = token;
  if (kind === 'string') {
    cursor.take();
    const label = parseString(text, cursor.query, at);
    if (label === '') throw cursor.wrong(at, 'invalid label name for grouping: ""');
    return label;
  }
  const isName = kind === 'identifier' || kind === 'metric' || (kind === 'keyword' && isLabelKeyword(token.word));
  if (!isName) throw cursor.unexpected('a label name');
  cursor.take();
  return text;
}

/** What stands between a binary operator and its right side: bool, on, ignoring, group_left, group_right, fill. */
export function binaryModifiers(cursor: TokenCursor): { bool: boolean; matching: Matching } {
  const bool = cursor.takeIf('bool') !== undefined;
  let on = false;
  let labels: string[] = [];
  let many: Matching['many'];
  let include: string[] = [];
  const clause = cursor.takeIf('on', 'ignoring');
  if (clause !== undefined) {
    on = clause.word === 'on';
    labels = groupingLabels(cursor);
    const side = cursor.takeIf('group_left', 'group_right');
    if (side !== undefined) {
      many = side.word === 'group_left' ? 'left' : 'right';
      if (cursor.is('(')) include = groupingLabels(cursor);
    }
  }
  return { bool, matching: { on, labels, many, include, ...fillValues(cursor) } };
}

function fillValues(cursor: TokenCursor): Pick<Matching, 'fillLeft' | 'fillRight'> {
  const first = cursor.takeIf('fill', 'fill_left', 'fill_right');
  if (first === undefined) return { fillLeft: undefined, fillRight: undefined };
  const value = fillValue(cursor);
  if (first.word === 'fill') return { fillLeft: value, fillRight: value };
  const other = cursor.takeIf(first.word === 'fill_left' ? 'fill_right' : 'fill_left');
  const second = other === undefined ? undefined : fillValue(cursor);
  return first.word === 'fill_left' ? { fillLeft: value, fillRight: second } : { fillLeft: second, fillRight: value };
}

function fillValue(cursor: TokenCursor): number {
  cursor.expect('(');
  const negative = cursor.takeIf('+', '-')?.word === '-';
  const value = numberLiteral(cursor);
  cursor.expect(')');
  return negative ? -value : value;
}

/** A number or a duration, without a sign. */
export function numberLiteral(cursor: TokenCursor, ...expected: readonly string[]): number {
  const { kind, text, at } = cursor.peek();
  if (kind !== 'number' && kind !== 'duration') throw cursor.unexpected(...expected, 'a number');
  cursor.take();
  return kind === 'number' ? parseNumber(text, cursor.query, at) : parseDuration(text, cursor.query, at);
}
