import { expect, test } from 'vitest';
import { HeliographError } from '../../../lib/errors.ts';
import { instant } from './notation.ts';

const DATA = 'a{x="1"} 1\nb{x="1"} 2';

test('numbers and strings are read as Go reads them', () => {
  const f = (query: string, want: string) => expect(instant(DATA, query)).toEqual([want]);
  f('1.5e3', '1500');
  f('0x1F', '31');
  f('010', '8');
  f('08', '8');
  f('.5', '0.5');
  f('1_000', '1000');
  f('5m', '300');
  f('1h30m', '5400');
  f('-Inf', '-Inf');
  f('nAn', 'NaN');
  f('"a\\tb\\"c"', 'a\tb"c');
  f("'\\x41\\102\\u0043\\U00000044'", 'ABCD');
  f('`a\\tb`', 'a\\tb');
});

test('operators bind as in Prometheus', () => {
  const f = (query: string, want: string) => expect(instant(DATA, query)).toEqual([want]);
  f('1 + 2 * 3', '7');
  f('2 ^ 3 ^ 2', '512');
  f('-2 ^ 2', '-4');
  f('- 2 ^ 2', '-4');
  f('2 ^ -1', '0.5');
  f('10 - 4 - 3', '3');
  f('1 -5', '-4');
  f('2 * -3', '-6');
  f('7 % 4 * 2', '6');
  f('1 + 1 == bool 2', '1');
  f('-7 % 4', '-3');
  f('1 atan2 1', '0.7853981633974483');
  f('1 ^ NaN', '1');
});

test('modifiers belong to the operand they follow, not to the operation', () => {
  const data = 'a 1 2 3 4 5\nb 10 20 30 40 50';
  expect(instant(data, 'a + b offset 1m', 240)).toEqual(['{} 45']);
  expect(instant(data, '-b offset 2m', 240)).toEqual(['{} -30']);
  expect(instant(data, 'a * b @ 60', 240)).toEqual(['{} 100']);
  expect(instant(data, 'a + sum_over_time(b[90s] offset 1m)', 240)).toEqual(['{} 75']);
});

/** The code, and what stands after the table's words. */
function failure(query: string): string {
  try {
    instant(DATA, query);
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    return `${error.code} ${error.message.split(': ').slice(2).join(': ')}`;
  }
  return 'no error';
}

test('a broken query says where, and what could stand there', () => {
  const f = (query: string, want: string) => expect(failure(query)).toBe(`HG_QUERY_SYNTAX ${want}`);
  f('', '1:1: no expression found in input');
  f(' # nothing', '1:1: no expression found in input');
  f('sum(a', '1:6: unexpected end of input, expected an operator or "," or ")"');
  f('a{', '1:3: unexpected end of input inside braces');
  f('a{,', '1:3: unexpected ",", expected a label matcher or a string or "}"');
  f('a\n  +', '2:4: unexpected end of input, expected an expression');
  f('foo(1)', '1:1: unknown function with name "foo"');
  f('a{x=1}', "1:5: unexpected character inside braces: '1'");
  f('a{x=y}', '1:5: unexpected identifier "y", expected a string');
  f('a b', '1:3: unexpected identifier "b", expected an operator');
  f('a[5m', '1:5: unexpected end of input, expected an operator or "]" or ":"');
  f('a[0s]', '1:3: duration must be greater than 0');
  f('a[-5m]', '1:3: duration must be greater than 0');
  f('(a)[5m]', '1:4: ranges only allowed for vector selectors');
  f('a offset 5m [5m]', '1:13: no offset modifiers allowed before range');
  f(
    'sum(a) offset 5m',
    '1:1: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
  );
  f('a offset 5m offset 5m', '1:1: offset may not be set multiple times');
  f('a @ 5 @ 6', '1:1: @ <timestamp> may not be set multiple times');
  f('holt_winters(a[5m], 0.5, 0.5)', '1:1: unknown function with name "holt_winters"');
  f('a @ Inf', '1:1: timestamp out of bounds for @ modifier: +Inf');
  f('topk(a)', '1:1: wrong number of arguments for aggregate expression provided, expected 2, got 1');
  f('{x=""}', '1:1: vector selector must contain at least one non-empty matcher');
  f('"\\q"', '1:2: unknown escape sequence "\\\\q"');
  f('"\\\'"', '1:2: unknown escape sequence "\\\\\'"');
  f('"\\ud800"', '1:2: escape sequence is an invalid Unicode code point');
  f('"abc', '1:1: unterminated quoted string');
  f('1e999', '1:1: error parsing number: "1e999" is out of range');
});

test('types are checked before anything is read', () => {
  const f = (query: string, want: string) => expect(failure(query)).toBe(`HG_QUERY_TYPE ${want}`);
  f('rate(a)', '1:6: expected type range vector in call to function "rate", got instant vector');
  f('abs(1)', '1:5: expected type instant vector in call to function "abs", got scalar');
  f('abs()', '1:1: expected 1 argument(s) in call to "abs", got 0');
  f('round(a, 1, 2)', '1:1: expected at most 2 argument(s) in call to "round", got 3');
  f('round()', '1:1: expected at least 1 argument(s) in call to "round", got 0');
  f('label_join(a, "x")', '1:1: expected at least 3 argument(s) in call to "label_join", got 2');
  f('sum(1)', '1:5: expected type instant vector in aggregation expression, got scalar');
  f('topk("x", a)', '1:6: expected type scalar in aggregation parameter, got string');
  f('1 > 2', '1:3: comparisons between scalars must use BOOL modifier');
  f('a + bool b', '1:3: bool modifier can only be used on comparison operators');
  f('a + on(x) 1', '1:1: vector matching only allowed between instant vectors');
  f('a and 1', '1:1: set operator "and" not allowed in binary scalar expression');
  f('a and on(x) group_left b', '1:1: no grouping allowed for "and" operation');
  f('a + on(x) group_left(x) b', '1:3: label "x" must not occur in ON and GROUP clause at once');
  f('a[5m] + 1', '1:1: binary expression must contain only scalar and instant vector types');
  f('-"x"', '1:1: unary expression only allowed on expressions of type scalar or instant vector, got "string"');
  f('1[5m:1m]', '1:1: subquery is only allowed on instant vector, got scalar instead');
});

test('names, numbers and durations are told apart as Prometheus does', () => {
  const taken = (...queries: string[]) => {
    for (const query of queries) expect([query, failure(query)]).toEqual([query, 'no error']);
  };
  const refused = (...queries: string[]) => {
    for (const query of queries) expect([query, failure(query)]).not.toEqual([query, 'no error']);
  };
  taken(
    'offset',
    'offset offset 5m',
    'by + without',
    'and and and',
    'sum',
    'sum + 1',
    'start',
    'step',
    'fill + fill',
    'anchored',
  );
  refused('atan2', 'bool', 'on', 'ignoring', 'group_left', 'a b', 'a:b(1)');
  taken('1.', '1.e3', '.5', '0x1F', '0x1e3', '0xe', '1_000', '1e+3', 'iNf', 'NAN', '08', '1y2w3d4h5m6s7ms');
  refused('1..', '1__0', '1_', '0x', '0x1.5', '1e', '5m1h', '1.5m', '1e999', '5hs', '1a', '08m_');
  taken(
    'sum by (a:b, "c d", offset, by,) (a)',
    'sum(a) without ()',
    'a + on (sum) b',
    '{"a.b"}',
    "{'a', x=`1`,}",
    'a{}',
  );
  refused(
    'sum by (without) (a)',
    'sum by (inf) (a)',
    'sum by (,) (a)',
    'sum by (a b) (a)',
    'sum by ("") (a)',
    '{a:b="c"}',
  );
  refused('{,}', '{}', '{x=~".*"}', 'a{__name__="b"}', 'abs(a,)', 'sum by (x) (a) by (x)', 'sum(a) by (x) by (x)');
  taken(
    '{"a", "b"}',
    '{__name__="a", __name__="b"}',
    'a # comment',
    '# comment\n a',
    'a[5m # comment\n]',
    '1 + on() 2',
  );
  refused('a[# comment\n5m]', 'a[5x]', '"a\nb"', '"\ufffd"', 'a\u00a0', '"\\400"');
  taken(
    'a offset -5m',
    'a offset 0x10',
    'a @ -1.5',
    'a @ 5m',
    'a @ start()',
    'a offset (5m) * 2',
    'a offset - -5m',
    'a offset 5m * b',
  );
  refused(
    'a @ start',
    'a @ (5)',
    'a offset',
    'a offset (5m) + b',
    'a offset NaN5',
    '5 offset 5m',
    'a[5m][5m]',
    'a[5m:] [5m]',
  );
  taken(
    'sum_over_time(a[2 * 30s])',
    'a[5m:2m * 2]',
    'sum_over_time(a[-(-5m)])',
    'sum_over_time(a[max_of(1m, 2m) ^ 1])',
  );
  refused('a[5m / 0]', 'a[5m - 5m]', 'a[1m:0]', 'a[:5m]', 'a[step()]', 'a[]', 'a[5m,]', 'a[300y]');
});

test('durations are counted as numbers are', () => {
  const data = 'a 1 2 3 4 5 6';
  expect(instant(data, 'count_over_time(a[2 * 1m])', 300)).toEqual(['{} 2']);
  expect(instant(data, 'count_over_time(a[5m - 2m + 1m])', 300)).toEqual(['{} 4']);
  expect(instant(data, 'count_over_time(a[min_of(2m, 5m) * 2])', 300)).toEqual(['{} 4']);
  expect(instant(data, 'a offset (1m + 60)', 300)).toEqual(['a{} 4']);
  expect(instant(data, 'a offset 1m * 2', 300)).toEqual(['{} 10']);
});

test('a query that is too deep or too long is refused, not run into the stack', () => {
  const f = (query: string) => expect(failure(query)).toMatch(/^HG_QUERY_LIMIT/);
  f(`${'('.repeat(5000)}1${')'.repeat(5000)}`);
  f(`${'-'.repeat(20_000)}a`);
  f(`a${' + a'.repeat(5000)}`);
  f(`a${' '.repeat(70_000)}`);
});
