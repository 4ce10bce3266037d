import { HeliographError } from '../errors.ts';
import { parseString } from './literals.ts';
import { type Matcher, type MatchOperator, METRIC_NAME } from './matcher.ts';
import { compileMatcher, matchesEmpty } from './matchers.ts';
import { queryError } from './query-error.ts';
import { TokenCursor } from './token-cursor.ts';
import { isMetricKeyword, tokenize } from './tokens.ts';

/** A selector longer than this is no one's. */
const MAX_TEXT = 64 * 1024;

/**
 * The matchers of a selector such as up{job="node"}, as a `match[]` parameter or a rule has it.
 * Throws HG_QUERY_SYNTAX for anything else, HG_QUERY_REGEX for a bad pattern, HG_QUERY_LIMIT for one that is too long.
 */
export function parseSelector(text: string): Matcher[] {
  if (text.length > MAX_TEXT) {
    throw new HeliographError('HG_QUERY_LIMIT', `the selector has ${text.length} characters, more than ${MAX_TEXT}`);
  }
  const cursor = new TokenCursor(text, tokenize(text));
  const { kind, word, at, text: first } = cursor.peek();
  if (kind === 'error') throw cursor.unexpected();
  const named = kind === 'identifier' || kind === 'metric' || (kind === 'keyword' && isMetricKeyword(word));
  if (!named && !cursor.is('{')) throw cursor.wrong(at, SELECTOR_WANTED);
  if (named) cursor.take();
  const name = named ? first : undefined;
  const matchers = parseMatchers(cursor, name);
  if (cursor.peek().kind === 'error') throw cursor.unexpected();
  if (cursor.peek().kind !== 'end') throw cursor.wrong(cursor.peek().at, SELECTOR_WANTED);
  checkMatchers(matchers, name, at, text, true);
  return matchers;
}

const SELECTOR_WANTED = 'expected a series selector without offset, range or function';

/**
 * name{a="b", "c.d"=~"e"} or {"metric.name", a!="b"} as matchers. Patterns are compiled here, so a bad one is found at once.
 * @param name the metric name before the braces, which is taken already
 */
export function parseMatchers(cursor: TokenCursor, name: string | undefined): Matcher[] {
  const matchers: Matcher[] = name === undefined ? [] : [{ name: METRIC_NAME, operator: '=', value: name }];
  if (cursor.takeIf('{') === undefined) return matchers;
  while (!cursor.is('}')) {
    const { at: place } = cursor.peek();
    const matcher = labelMatcher(cursor);
    compileAt(matcher, cursor.query, place);
    matchers.push(matcher);
    if (cursor.takeIf(',') === undefined && !cursor.is('}')) throw cursor.unexpected('","', '"}"');
  }
  cursor.take();
  return matchers;
}

/**
 * One name at most, and (`somethingAsked`) at least one matcher that a series without any label would not meet.
 * @param name as `parseMatchers` was given it
 * @param at the selector's place in the text, for the message
 * @throws HG_QUERY_SYNTAX
 */
export function checkMatchers(
  matchers: readonly Matcher[],
  name: string | undefined,
  at: number,
  text: string,
  somethingAsked: boolean,
): void {
  const wrong = (detail: string) => queryError('HG_QUERY_SYNTAX', text, at, detail);
  if (name !== undefined) {
    const second = matchers.slice(1).find((matcher) => matcher.name === METRIC_NAME);
    if (second === undefined) return;
    throw wrong(`metric name must not be set twice: ${JSON.stringify(name)} or ${JSON.stringify(second.value)}`);
  }
  if (somethingAsked && matchers.every(matchesEmpty)) {
    throw wrong('vector selector must contain at least one non-empty matcher');
  }
}

/** Throws HG_QUERY_REGEX with the matcher's place for a bad pattern. */
function compileAt(matcher: Matcher, query: string, at: number): void {
  try {
    compileMatcher(matcher);
  } catch (error) {
    if (!(error instanceof HeliographError && error.cause instanceof Error)) throw error;
    throw queryError('HG_QUERY_REGEX', query, at, error.cause.message);
  }
}

function labelMatcher(cursor: TokenCursor): Matcher {
  const token = cursor.peek();
  if (token.kind !== 'identifier' && token.kind !== 'string') {
    throw cursor.unexpected('a label matcher', 'a string', '"}"');
  }
  cursor.take();
  const name = token.kind === 'string' ? parseString(token.text, cursor.query, token.at) : token.text;
  const operator = cursor.takeIf('=', '!=', '=~', '!~');
  if (operator === undefined) {
    // A string alone is the metric name.
    if (token.kind === 'string') return { name: METRIC_NAME, operator: '=', value: name };
    throw cursor.unexpected('a label matching operator');
  }
  const value = cursor.peek();
  if (value.kind !== 'string') throw cursor.unexpected('a string');
  cursor.take();
  return { name, operator: operator.word as MatchOperator, value: parseString(value.text, cursor.query, value.at) };
}
