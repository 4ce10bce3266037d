import { KEYWORDS, type Token, type TokenKind } from './token.ts';
import { TemplateTrouble } from './trouble.ts';

const SPACES = '[ \\t\\r\\n]';
const COMMENT = new RegExp(`^(?:-${SPACES})?/\\*`);
const CLOSE = new RegExp(`${SPACES}-\\}\\}${SPACES}*|\\}\\}`, 'y');
const NUMBER =
  /[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[oO][0-7_]*|0[bB][01_]*|(?:[\d_]+(?:\.[\d_]*)?|\.[\d_]*)(?:[eE][+-]?[\d_]*)?)/y;
const WORD = /[\p{L}\p{Nd}_]+/uy;
/** A name ends where one of these begins. */
const AFTER_NAME = /[ \t\r\n.,|:()]|\}\}|$/y;
const STRING = /"(?:\\[^\n]|[^"\\\n])*"/y;
const RAW = /`[^`]*`/y;
const CHARACTER = /'(?:\\[^\n]|[^'\\\n])*'/y;

/**
 * All pieces of a template, as Go's text/template cuts them (pkg.go.dev/text/template): text, and actions between `{{` and `}}`, where
 * spaces count. Comments are left out, and the spaces beside `{{- ` and ` -}}`.
 * @throws TemplateTrouble
 */
export function* tokensOf(text: string): Generator<Token> {
  let at = 0;
  let trimmed = false;
  for (;;) {
    const open = text.indexOf('{{', at);
    let plain = text.slice(at, open < 0 ? undefined : open);
    let from = at;
    if (trimmed) {
      const rest = plain.replace(/^[ \t\r\n]+/, '');
      from += plain.length - rest.length;
      plain = rest;
    }
    if (open >= 0 && /^-[ \t\r\n]/.test(text.slice(open + 2, open + 4))) plain = plain.replace(/[ \t\r\n]+$/, '');
    if (plain !== '') yield { kind: 'text', text: plain, at: from };
    if (open < 0) {
      yield { kind: 'end', text: '', at: text.length };
      return;
    }
    const scanned = COMMENT.test(text.slice(open + 2, open + 6)) ? afterComment(text, open) : null;
    at = scanned ?? (yield* action(text, open));
    trimmed = new RegExp(`${SPACES}-\\}\\}$`).test(text.slice(Math.max(0, at - 4), at));
  }
}

function afterComment(text: string, open: number): number {
  const from = text.indexOf('/*', open) + 2;
  const end = text.indexOf('*/', from);
  if (end < 0) throw new TemplateTrouble('unclosed comment', open);
  const after = /^(?:[ \t\r\n]-)?\}\}/.exec(text.slice(end + 2, end + 6));
  if (after === null) throw new TemplateTrouble('comment ends before closing delimiter', open);
  return end + 2 + after[0].length;
}

/** One action, from its `{{` on. @returns where it ends */
function* action(text: string, open: number): Generator<Token, number> {
  yield { kind: 'open', text: '{{', at: open };
  let at = open + (/^-[ \t\r\n]/.test(text.slice(open + 2, open + 4)) ? 3 : 2);
  let depth = 0;
  const match = (pattern: RegExp, from = at): string | undefined => {
    pattern.lastIndex = from;
    return pattern.exec(text)?.[0];
  };
  const take = (kind: TokenKind, length: number): Token => {
    const token = { kind, text: text.slice(at, at + length), at };
    at += length;
    return token;
  };
  for (;;) {
    if (match(CLOSE) !== undefined) {
      if (depth > 0) throw new TemplateTrouble('unclosed left paren', at);
      const length = text.startsWith('}}', at) ? 2 : 4;
      yield take('close', length);
      return at;
    }
    const first = text.charAt(at);
    if (first === '') throw new TemplateTrouble('unclosed action', at);
    if (' \t\r\n'.includes(first)) {
      let length = 1;
      while (' \t\r\n'.includes(text.charAt(at + length) || 'x') && match(CLOSE, at + length) === undefined) length++;
      yield take('space', length);
      continue;
    }
    const string = first === '"' ? match(STRING) : first === '`' ? match(RAW) : first === "'" ? match(CHARACTER) : null;
    if (string !== null) {
      const what = first === '"' ? 'quoted string' : first === '`' ? 'raw quoted string' : 'character constant';
      if (string === undefined) throw new TemplateTrouble(`unterminated ${what}`, at);
      yield take(first === "'" ? 'character' : 'string', string.length);
      continue;
    }
    if (first === '$' || (first === '.' && !/\d/.test(text.charAt(at + 1)))) {
      const length = 1 + (match(WORD, at + 1)?.length ?? 0);
      endOfName(text, at + length);
      yield take(first === '$' ? 'variable' : length === 1 ? 'dot' : 'field', length);
      continue;
    }
    if (/[\d+.-]/.test(first)) {
      const number = match(NUMBER) ?? first;
      if (match(WORD, at + number.length) !== undefined || !/\d/.test(number)) {
        throw new TemplateTrouble(`bad number syntax: ${JSON.stringify(number)}`, at);
      }
      yield take('number', number.length);
      continue;
    }
    const word = match(WORD);
    if (word !== undefined) {
      endOfName(text, at + word.length);
      const kind = KEYWORDS.has(word) ? 'keyword' : word === 'true' || word === 'false' ? 'boolean' : 'identifier';
      yield take(kind, word.length);
      continue;
    }
    if (first === '(') depth++;
    if (first === ')' && --depth < 0) throw new TemplateTrouble('unexpected right paren', at);
    if (first === ':' && text.charAt(at + 1) !== '=') throw new TemplateTrouble('expected :=', at);
    if (!/[!-~]/.test(first)) {
      throw new TemplateTrouble(`unrecognized character in action: ${described(text, at)}`, at);
    }
    yield take('symbol', first === ':' ? 2 : 1);
  }
}

function endOfName(text: string, at: number): void {
  AFTER_NAME.lastIndex = at;
  if (!AFTER_NAME.test(text)) throw new TemplateTrouble(`bad character ${described(text, at)}`, at);
}

/** As Go's %#U prints it. */
function described(text: string, at: number): string {
  const point = text.codePointAt(at)!;
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCodePoint(point)}'`;
}
