import type { HeliographError } from '../errors.ts';
import { queryError } from './query-error.ts';
import type { Token } from './tokens.ts';

/** Goes over a query's tokens, and words what is wrong where one does not fit. */
export class TokenCursor {
  readonly query: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(query: string, tokens: readonly Token[]) {
    this.query = query;
    this.#tokens = tokens;
  }

  peek(): Token {
    return this.#tokens[this.#next]!;
  }

  /** The token after the next one. */
  second(): Token {
    return this.#tokens[Math.min(this.#next + 1, this.#tokens.length - 1)]!;
  }

  take(): Token {
    const token = this.peek();
    if (this.#next < this.#tokens.length - 1) this.#next++;
    return token;
  }

  /** Is the next token this symbol or keyword? */
  is(...words: readonly string[]): boolean {
    const { kind, word } = this.peek();
    return (kind === 'symbol' || kind === 'keyword') && words.includes(word);
  }

  /** Takes the symbol or keyword if it is the next token. */
  takeIf(...words: readonly string[]): Token | undefined {
    return this.is(...words) ? this.take() : undefined;
  }

  /** Takes the symbol, or throws HG_QUERY_SYNTAX that names what else could stand there. */
  expect(word: string, ...others: readonly string[]): Token {
    const token = this.takeIf(word);
    if (token === undefined) throw this.unexpected(...others, JSON.stringify(word));
    return token;
  }

  unexpected(...expected: readonly string[]): HeliographError {
    const token = this.peek();
    if (token.kind === 'error') return this.wrong(token.at, token.word);
    const wanted = expected.length === 0 ? '' : `, expected ${expected.join(' or ')}`;
    return this.wrong(token.at, `unexpected ${describe(token)}${wanted}`);
  }

  wrong(at: number, detail: string): HeliographError {
    return queryError('HG_QUERY_SYNTAX', this.query, at, detail);
  }
}

function describe({ kind, text }: Token): string {
  if (kind === 'end') return 'end of input';
  if (kind === 'string') return `string ${text.slice(0, 60)}`;
  if (kind === 'number' || kind === 'duration') return `${kind} ${JSON.stringify(text)}`;
  if (kind === 'identifier' || kind === 'metric') return `identifier ${JSON.stringify(text)}`;
  return JSON.stringify(text);
}
