import { expect, test } from 'vitest';
import { instant, range } from './notation.ts';

const DATA = `
a{i="1"} 1
a{i="2"} 2
b{i="1"} 10
b{i="2"} 20
b{i="3"} 30
errors{i="1",code="500"} 5
errors{i="1",code="404"} 7
info{i="1",version="v2"} 1`;

const f = (query: string, want: string[]) => expect(instant(DATA, query)).toEqual(want);
const refused = (query: string, want: RegExp) => expect(() => instant(DATA, query)).toThrow(want);

test('with a scalar: arithmetic drops the name, a comparison filters, bool answers', () => {
  f('a + 1', ['{i=1} 2', '{i=2} 3']);
  f('10 - a', ['{i=1} 9', '{i=2} 8']);
  f('a > 1', ['a{i=2} 2']);
  f('1 < a', ['a{i=2} 2']);
  f('a > bool 1', ['{i=1} 0', '{i=2} 1']);
  f('a == time() + 1', ['a{i=1} 1']);
  f('-a', ['{i=1} -1', '{i=2} -2']);
  f('+a', ['a{i=1} 1', 'a{i=2} 2']);
});

test('one to one, by all labels but the name, or by some', () => {
  f('a + b', ['{i=1} 11', '{i=2} 22']);
  f('a < b', ['a{i=1} 1', 'a{i=2} 2']);
  f('a > bool b', ['{i=1} 0', '{i=2} 0']);
  f('a * on (i) b', ['{i=1} 10', '{i=2} 40']);
  f('a < on (i) b', ['{i=1} 1', '{i=2} 2']);
  f('errors{code="500"} / ignoring (code) a', ['{i=1} 5']);
  f('a + nothing', []);
});

test('many to one, with labels of the one', () => {
  f('errors / on (i) group_left b', ['{code=404,i=1} 0.7', '{code=500,i=1} 0.5']);
  f('errors * on (i) group_left (version) info', ['{code=404,i=1,version=v2} 7', '{code=500,i=1,version=v2} 5']);
  f('b - on (i) group_right errors', ['{code=404,i=1} 3', '{code=500,i=1} 5']);
  f('errors > on (i) group_left a * 6', ['errors{code=404,i=1} 7']);
});

test('sides that match several ways are refused in words that help', () => {
  refused('a + on () b', /HG_QUERY_EXECUTION.*found duplicate series for the match group \{\} on the right hand-side/);
  refused('errors + on (i) a', /multiple matches for labels: many-to-one matching must be explicit/);
  refused(
    'a + on (i) errors',
    /found duplicate series for the match group \{i="1"\} on the right hand-side of the operation: \[\{__name__="errors", code="404", i="1"\}, \{__name__="errors", code="500", i="1"\}\];many-to-many matching not allowed/,
  );
  refused('errors * on (i) group_left (code) errors{code="404"} == 1', /grouping labels must ensure unique matches/);
  refused('{__name__=~"a|b",i="1"} + 1', /vector cannot contain metrics with the same labelset/);
});

test('and, or, unless', () => {
  f('b and a', ['b{i=1} 10', 'b{i=2} 20']);
  f('b unless a', ['b{i=3} 30']);
  f('a or b', ['a{i=1} 1', 'a{i=2} 2', 'b{i=3} 30']);
  f('errors and on (i) info', ['errors{code=404,i=1} 7', 'errors{code=500,i=1} 5']);
  f('a AND b > 10', ['a{i=2} 2']);
  f('a unless ignoring (i) b', []);
});

test('series that follow one another make one series, step by step', () => {
  const data = 'a{v="1"} 1 1 stale\na{v="2"} _ _ 2 2';
  expect(range(data, 'a * ignoring (v) a', 0, 180, 60)).toEqual(['{} 1@0 1@60 4@120 4@180']);
  expect(range(data, 'a or vector(0) > 1', 0, 180, 60)).toEqual(['a{v=1} 1@0 1@60', 'a{v=2} 2@120 2@180']);
});

test('division and powers of the extremes', () => {
  const value = (query: string, want: string) => expect(instant(DATA, query)).toEqual([want]);
  value('1 / 0', '+Inf');
  value('-1 / 0', '-Inf');
  value('0 / 0', 'NaN');
  value('1 % 0', 'NaN');
  value('NaN == bool NaN', '0');
  value('-1 ^ Inf', '-1');
  value('(-1) ^ Inf', '1');
});
