import { expect, test } from 'vitest';
import type { MatchOperator } from '../../../lib/promql/matcher.ts';
import { compileMatchers } from '../../../lib/promql/matchers.ts';
import { parseSelector } from '../../../lib/promql/selector.ts';
import { cpuMs } from '../../support/cpu.ts';

test('a matcher tests a label, and a label that is not there is the empty text', () => {
  const f = (operator: MatchOperator, value: string, text: string | undefined, want: boolean) =>
    expect(compileMatchers([{ name: 'a', operator, value }])(text === undefined ? {} : { a: text })).toBe(want);
  f('=', 'x', 'x', true);
  f('=', 'x', 'xx', false);
  f('=', '', undefined, true);
  f('!=', 'x', undefined, true);
  f('!=', 'x', 'x', false);
  f('=~', 'x|y', 'y', true);
  f('=~', 'x|y', 'xy', false);
  f('=~', '(x|y)', 'y', true);
  f('=~', '(x)|(y)', 'y', true);
  f('=~', 'x.*', 'xyz', true);
  f('=~', 'x.*', 'ax', false);
  f('=~', 'x.+', 'x', false);
  f('=~', '.*', undefined, true);
  f('=~', '.+', undefined, false);
  f('=~', '', undefined, true);
  f('=~', 'x|', undefined, true);
  f('=~', '(?i)web', 'WEB', true);
  f('=~', 'a.c', 'a\nc', true);
  f('=~', '1\\.2', '1x2', false);
  f('=~', '[0-9]{3}', '123', true);
  f('=~', '[0-9]{3}', '1234', false);
  f('!~', 'x.*', 'y', true);
  f('!~', 'x.*', 'x', false);
});

test('labels named like members of every object are labels', () => {
  const f = (name: string, want: boolean) =>
    expect(compileMatchers([{ name, operator: '=', value: '' }])({})).toBe(want);
  f('constructor', true);
  f('__proto__', true);
  f('toString', true);
});

test('patterns that would take for ever in another engine take no time', () => {
  const matches = compileMatchers([{ name: 'a', operator: '=~', value: '(a+)+b' }]);
  const started = cpuMs();
  expect(matches({ a: 'a'.repeat(5000) })).toBe(false);
  expect(cpuMs() - started).toBeLessThan(2000);
});

test('what RE2 refuses is refused', () => {
  const f = (value: string) =>
    expect(() => compileMatchers([{ name: 'a', operator: '=~', value }])).toThrow(/HG_QUERY_REGEX/);
  f('(a');
  f('a(?=b)');
  f('(?<!a)b');
  f('(a)\\1');
  f('[z-a]');
  f('*a');
});

test('a selector becomes its matchers', () => {
  const f = (text: string, want: string[]) =>
    expect(parseSelector(text).map(({ name, operator, value }) => `${name}${operator}${value}`)).toEqual(want);
  f('up', ['__name__=up']);
  f('up{a="b",c!="d",e=~"f.*",g!~`\\d`,}', ['__name__=up', 'a=b', 'c!=d', 'e=~f.*', 'g!~\\d']);
  f('{"disk.free", "mount point"="/"}', ['__name__=disk.free', 'mount point=/']);
  f('{__name__=~"a|b"}', ['__name__=~a|b']);
  f("a:b:c{x='it\\'s'}", ['__name__=a:b:c', "x=it's"]);
  f('up{a="\\u00e9\\xc3\\xa9\\303\\251\\t"}', ['__name__=up', 'a=ééé\t']);
  f('sum{by="x"} # a comment', ['__name__=sum', 'by=x']);
});

test('what is no selector is refused', () => {
  const f = (text: string, want: RegExp) => expect(() => parseSelector(text)).toThrow(want);
  f('up[5m]', /HG_QUERY_SYNTAX.*expected a series selector/);
  f('up offset 5m', /HG_QUERY_SYNTAX/);
  f('sum(up)', /HG_QUERY_SYNTAX/);
  f('{}', /at least one non-empty matcher/);
  f('{a=~".*"}', /at least one non-empty matcher/);
  f('up{__name__="down"}', /metric name must not be set twice/);
  f('up{a="b}', /HG_QUERY_SYNTAX/);
});
