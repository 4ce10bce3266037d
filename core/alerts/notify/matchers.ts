import { HeliographError } from '../../../lib/errors.ts';
import type { Matcher } from '../../../lib/promql/matcher.ts';
import { compileMatchers } from '../../../lib/promql/matchers.ts';
import { parseMatchers as matchersAt } from '../../../lib/promql/selector.ts';
import { TokenCursor } from '../../../lib/promql/token-cursor.ts';
import { tokenize } from '../../../lib/promql/tokens.ts';

/** A text longer than this is no one's. */
const MOST_CHARACTERS = 4096;

/** A matcher as Alertmanager's API writes it. */
export interface AlertMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

export type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

/**
 * The matchers of a text such as `severity="critical"` or `{site="north", instance=~"web.*"}`.
 * @throws HeliographError HG_QUERY_SYNTAX, HG_QUERY_REGEX, HG_QUERY_LIMIT
 */
export function parseMatchers(text: string): AlertMatcher[] {
  if (text.length > MOST_CHARACTERS) {
    throw new HeliographError('HG_QUERY_LIMIT', `matchers of ${text.length} characters; at most ${MOST_CHARACTERS}`);
  }
  const whole = text.trim().startsWith('{') ? text : `{${text}}`;
  const cursor = new TokenCursor(whole, tokenize(whole));
  if (!cursor.is('{')) throw cursor.unexpected('matchers');
  const matchers = matchersAt(cursor, undefined);
  if (cursor.peek().kind !== 'end') throw cursor.unexpected('the end');
  return matchers.map(({ name, operator, value }) => ({
    name,
    value,
    isRegex: operator.endsWith('~'),
    isEqual: !operator.startsWith('!'),
  }));
}

/** A label that is not there has the value ''. @throws HeliographError HG_QUERY_REGEX */
export function matcherTest(matchers: readonly AlertMatcher[]): LabelTest {
  return compileMatchers(matchers.map(matcherOf));
}

/** As people write them. */
export function matcherText(matchers: readonly AlertMatcher[]): string {
  const parts = matchers
    .map(matcherOf)
    .map(({ name, operator, value }) => `${name}${operator}${JSON.stringify(value)}`);
  return `{${parts.join(', ')}}`;
}

function matcherOf({ name, value, isRegex, isEqual }: AlertMatcher): Matcher {
  const operator = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
  return { name, operator, value };
}
