import type { Matcher } from './matcher.ts';
import type { TextTest } from './regex.ts';
import { compileAnchored } from './regex.ts';

/**
 * One test over label records from a list of matchers. A label that is not there has the value ''.
 * Throws HG_QUERY_REGEX for a pattern RE2 would refuse.
 */
export function compileMatchers(matchers: readonly Matcher[]): (labels: Readonly<Record<string, string>>) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: compileMatcher(matcher) }));
  return (labels) => {
    for (const { name, test } of tests) if (!test(Object.hasOwn(labels, name) ? labels[name]! : '')) return false;
    return true;
  };
}

/** The test of one matcher over its label's value. */
export function compileMatcher(matcher: Matcher): TextTest {
  const { operator, value } = matcher;
  if (operator === '=') return (text) => text === value;
  if (operator === '!=') return (text) => text !== value;
  const matches = compileAnchored(value);
  return operator === '=~' ? matches : (text) => !matches(text);
}

/** Would a series without the label meet it? */
export function matchesEmpty(matcher: Matcher): boolean {
  return compileMatcher(matcher)('');
}
