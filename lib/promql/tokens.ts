import { scanNumber } from './scan-number.ts';

/**
 * A piece of a query. `word` is what it means: the text of a symbol, a keyword in small letters, '' for the rest; of an 'error',
 * what is wrong there. `at` and `end` are offsets.
 */
export interface Token {
  readonly kind: 'end' | 'error' | 'number' | 'duration' | 'string' | 'identifier' | 'metric' | 'keyword' | 'symbol';
  readonly text: string;
  readonly word: string;
  readonly at: number;
  readonly end: number;
}

const OPERATOR_WORDS = ['and', 'or', 'unless', 'atan2'];
const AGGREGATE_WORDS =
  'sum avg count min max group stddev stdvar topk bottomk count_values quantile limitk limit_ratio'.split(' ');
const MODIFIER_WORDS =
  'offset smoothed anchored by without on ignoring group_left group_right fill fill_left fill_right bool'.split(' ');
/** Where a duration may stand, these have a meaning of their own; so do start and end after @. */
const QUERY_WORDS = ['start', 'end', 'step', 'range', 'max_of', 'min_of'];

export const AGGREGATE_KEYWORDS: ReadonlySet<string> = new Set(AGGREGATE_WORDS);
const KEYWORDS: ReadonlySet<string> = new Set([
  ...OPERATOR_WORDS,
  ...AGGREGATE_WORDS,
  ...MODIFIER_WORDS,
  ...QUERY_WORDS,
]);
const DURATION_WORDS: ReadonlySet<string> = new Set(['step', 'range', 'max_of', 'min_of']);
const NOT_METRICS: ReadonlySet<string> = new Set(['atan2', 'bool', 'on', 'ignoring', 'group_left', 'group_right']);
/** Keywords that are metrics where an expression is expected. */
export const isMetricKeyword = (word: string): boolean => KEYWORDS.has(word) && !NOT_METRICS.has(word);
/** Keywords that are labels in a grouping; `without` alone is none. */
export const isLabelKeyword = (word: string): boolean => word !== 'without';

const SPACE = /[ \t\n\r]+/y;
const COMMENT = /#[^\r\n]*/y;
const SYMBOL = /==|!=|<=|>=|<\/|>\/|[-+*/%^=<>,(){}[\]@]/y;
const BRACE_SYMBOL = /=~|!~|!=|[=,}]/y;
const BRACKET_SYMBOL = /[-+*/%^,():\]]/y;
const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const DURATION_NAME = /[a-zA-Z_]+/y;
// U+FFFD stands for bytes that are no UTF-8, and a lone surrogate is none either.
const QUOTED = /(["'])(?:\\[^\n]|(?!\1)[^\\\n])*\1/y;
const RAW = /`[^`]*`/y;
const NO_UTF8 = /\ufffd|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** All tokens of a query, as Prometheus' lexer cuts them; the last one is 'end' or 'error'. Comments and spaces are left out. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let inBraces = false;
  let inBrackets = false;
  /** Within brackets comments may stand after the first number only. */
  let numberSeen = false;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const push = (kind: Token['kind'], length: number, word = '') => {
    tokens.push({ kind, text: text.slice(at, at + length), word, at, end: at + length });
    at += length;
  };
  const fail = (words: string) => push('error', text.length - at, words);
  while (tokens.at(-1)?.kind !== 'error') {
    const skipped = match(SPACE) ?? (inBrackets && !numberSeen ? undefined : match(COMMENT));
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    if (at >= text.length) {
      if (inBraces) fail('unexpected end of input inside braces');
      else push('end', 0);
      if (!inBraces) return tokens;
      continue;
    }
    const first = text[at]!;
    if (!inBrackets && (first === '"' || first === "'" || first === '`')) {
      const literal = match(first === '`' ? RAW : QUOTED);
      if (literal === undefined) fail(first === '`' ? 'unterminated raw string' : 'unterminated quoted string');
      else if (NO_UTF8.test(literal)) fail('invalid UTF-8 rune');
      else push('string', literal.length);
      continue;
    }
    if (inBraces) {
      const label = match(LABEL);
      const symbol = match(BRACE_SYMBOL);
      if (label !== undefined) push('identifier', label.length);
      else if (symbol !== undefined) {
        push('symbol', symbol.length, symbol);
        if (symbol === '}') inBraces = false;
      } else fail(`unexpected character inside braces: ${character(text, at)}`);
      continue;
    }
    if (/\d/.test(first) || (first === '.' && /\d/.test(text.charAt(at + 1)))) {
      const { kind, end } = scanNumber(text, at);
      numberSeen = true;
      if (kind === 'error') fail(`bad number or duration syntax: ${JSON.stringify(text.slice(at, end))}`);
      else push(kind, end - at);
      continue;
    }
    if (inBrackets) {
      const symbol = match(BRACKET_SYMBOL);
      const name = match(DURATION_NAME);
      if (symbol !== undefined) {
        push('symbol', symbol.length, symbol);
        if (symbol === ']') inBrackets = false;
      } else if (name !== undefined && DURATION_WORDS.has(name.toLowerCase())) {
        push('keyword', name.length, name.toLowerCase());
      } else fail(`unexpected character in duration expression: ${character(text, at)}`);
      continue;
    }
    const name = match(NAME);
    if (name !== undefined) {
      pushName(name, push, /^[ \t\n\r]*\(/.test(text.slice(at + name.length, at + name.length + 1000)));
      continue;
    }
    const symbol = match(SYMBOL);
    if (symbol === undefined) {
      fail(`unexpected character: ${character(text, at)}`);
      continue;
    }
    push('symbol', symbol.length, symbol);
    if (symbol === '{') inBraces = true;
    if (symbol === '[') {
      inBrackets = true;
      numberSeen = false;
    }
  }
  return tokens;
}

function pushName(
  name: string,
  push: (kind: Token['kind'], length: number, word?: string) => void,
  beforeParenthesis: boolean,
): void {
  const lower = name.toLowerCase();
  if (lower === 'inf' || lower === 'nan') push('number', name.length);
  else if (name.includes(':')) push('metric', name.length);
  // fill came late: it stays a metric where it is not called.
  else if (KEYWORDS.has(lower) && (beforeParenthesis || !lower.startsWith('fill'))) push('keyword', name.length, lower);
  else push('identifier', name.length);
}

function character(text: string, at: number): string {
  return `'${String.fromCodePoint(text.codePointAt(at)!)}'`;
}
