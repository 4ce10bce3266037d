import { describe, expect, test } from 'vitest';
import { parseMatchers } from '../../../core/alerts/notify/matchers.ts';
import {
  matcherText,
  matcherWords,
  readMatcher,
  readMatchers,
} from '../../../core/console/page/later/silence-matchers.ts';

describe('matchers of silences', () => {
  test.each([
    ['a=b', { name: 'a', value: 'b', isRegex: false, isEqual: true }],
    [' a != b c ', { name: 'a', value: 'b c', isRegex: false, isEqual: false }],
    ['a=~"web-.*"', { name: 'a', value: 'web-.*', isRegex: true, isEqual: true }],
    ['a!~x|y', { name: 'a', value: 'x|y', isRegex: true, isEqual: false }],
    ['a=', { name: 'a', value: '', isRegex: false, isEqual: true }],
    ['a="say \\"it\\""', { name: 'a', value: 'say "it"', isRegex: false, isEqual: true }],
    ['service.name=a=b', { name: 'service.name', value: 'a=b', isRegex: false, isEqual: true }],
  ])('%s', (text, matcher) => {
    expect(readMatcher(text)).toEqual(matcher);
    expect(readMatcher(matcherWords(matcher))).toEqual(matcher);
  });

  test.each(['web-1', '=x', '1a=b', 'a=~('])('%s is told what is wrong with it', (text) => {
    expect(() => readMatcher(text)).toThrow(text.replace('a=~', ''));
  });

  test('one on each line; the API reads each as it is meant', () => {
    const texts = readMatchers('site!~"a|b"\n\nsay=a "b" \\').map(matcherText);
    expect(texts).toEqual(['"site"!~"a|b"', '"say"="a \\"b\\" \\\\"']);
    expect(texts.flatMap(parseMatchers)).toEqual([
      { name: 'site', value: 'a|b', isRegex: true, isEqual: false },
      { name: 'say', value: 'a "b" \\', isRegex: false, isEqual: true },
    ]);
    expect(() => readMatchers(' \n')).toThrow('at least one label');
  });
});
