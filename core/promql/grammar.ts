import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { HeliographError } from '../../lib/errors.ts';
import { queryError } from './errors.ts';
import { respell } from './respell.ts';

/** The concrete tree of a query, by Prometheus' own grammar, and Prometheus-like words for a text that is none. */

// A query longer than this is no one's, and the parser's time grows with it.
const MAX_TEXT = 64 * 1024;
/** Deeper nesting than this would only serve to exhaust the stack. */
export const MAX_NESTING = 500;
const MAX_OPERATORS = 300;
const MAX_HINTED = 4 * 1024;
const strict = parser.configure({ strict: true });

export function parseTree(query: string): SyntaxNode {
  if (query.length > MAX_TEXT) {
    throw new HeliographError('HG_QUERY_LIMIT', `the query has ${query.length} characters, more than ${MAX_TEXT}`);
  }
  if (/^(?:\s|#[^\n]*)*$/.test(query)) throw queryError('HG_QUERY_SYNTAX', query, 0, 'no expression found in input');
  const spelled = respell(query);
  const failed = failure(spelled);
  if (failed === undefined) return strict.parse(spelled).topNode.firstChild!;
  const at = Math.min(failed, query.length);
  // The parser gives up on what is very deep or very long, as if the text were wrong there.
  const operators = query.slice(0, at).match(/[-+*/%^(<>=!]|\b(?:and|or|unless|atan2)\b/gi)?.length ?? 0;
  if (operators > MAX_OPERATORS) {
    throw queryError(
      'HG_QUERY_LIMIT',
      query,
      at,
      `the parser stopped here, after more than ${MAX_OPERATORS} operators and parentheses: either this place is wrong, or the query is too long`,
    );
  }
  throw queryError('HG_QUERY_SYNTAX', query, at, describe(query, at));
}

/** Where the parser stops, or undefined when it takes the whole text. */
function failure(text: string): number | undefined {
  try {
    strict.parse(text);
    return undefined;
  } catch (cause) {
    const stop = cause instanceof SyntaxError ? /No parse at (\d+)/.exec(cause.message) : null;
    if (stop === null) throw cause;
    return Number(stop[1]);
  }
}

function describe(query: string, at: number): string {
  const rest = query.slice(at);
  const token = /^\s*("[^"]*"?|'[^']*'?|[\w.:]+|[=!<>]=|[=!]~|.)/su.exec(rest)?.[1];
  const called = /([a-zA-Z_]\w*)\s*$/.exec(query.slice(0, at));
  if (token === '(' && called !== null && !KEYWORD.test(called[1]!)) return `unknown function with name "${called[1]}"`;
  const found = token === undefined ? 'unexpected end of input' : `unexpected ${name(token)}`;
  const expected = query.length <= MAX_HINTED ? expectations(query.slice(0, at)) : [];
  return expected.length === 0 ? found : `${found}, expected ${expected.join(' or ')}`;
}

const KEYWORD = /^(?:by|without|on|ignoring|group_left|group_right|and|or|unless|bool|offset|atan2)$/i;

function name(token: string): string {
  if (/^["'`]/.test(token)) return `string ${token.slice(0, 60)}`;
  if (/^[\d.]+\w*$/.test(token)) return `number ${JSON.stringify(token)}`;
  if (/^[a-zA-Z_:]/.test(token)) return `identifier ${JSON.stringify(token)}`;
  return JSON.stringify(token);
}

// What could stand at the place the parser stopped: each candidate is tried, and named when the parser gets past it.
const CANDIDATES: readonly (readonly [text: string, words: string])[] = [
  ['x{', 'an expression'],
  ['x=', 'a label matcher'],
  ['x,', 'a label name'],
  ['"s"', 'a string'],
  ['5m]', 'a duration'],
  ['=', 'a label matching operator'],
  ['*', 'an operator'],
  [',', '","'],
  ['(', '"("'],
  [')', '")"'],
  ['}', '"}"'],
  [']', '"]"'],
];

function expectations(prefix: string): string[] {
  const words: string[] = [];
  for (const [text, word] of CANDIDATES) {
    const candidate = `${prefix} ${text}`;
    const stop = failure(candidate);
    if (stop === undefined || stop >= candidate.length) words.push(word);
  }
  // Where an expression may stand, so may a number, a string and a parenthesis: one word is enough.
  const plain = words[0] === 'an expression' ? words.filter((word) => word !== 'a string' && word !== '"("') : words;
  return plain.slice(0, 5);
}

export function tooDeep(): HeliographError {
  return new HeliographError('HG_QUERY_LIMIT', `the query is nested deeper than ${MAX_NESTING}`, {
    limit: MAX_NESTING,
  });
}
