/** Where all characters beyond ASCII are counted, in a table of what comes next. */
export const OTHERS = 128;

/** An expression taken apart; only what means the same in RE2 and in the language's own engine. */
export type Tree =
  | { readonly kind: 'begin' | 'end' }
  /** One character of a set; `text` as the language writes it. */
  | { readonly kind: 'set'; readonly text: string; readonly next: Uint8Array }
  | { readonly kind: 'sequence' | 'either'; readonly parts: readonly Tree[] }
  | { readonly kind: 'group'; readonly captures: boolean; readonly part: Tree }
  | {
      readonly kind: 'repeat';
      readonly part: Tree;
      readonly least: number;
      readonly most: number;
      readonly lazy: boolean;
    };

/** The tree of an expression in RE2's syntax, or null where it has something that is not known here (flags, Unicode classes, word boundaries). */
export function parseExpression(source: string): Tree | null {
  const parser = new Parser(source);
  try {
    return parser.whole();
  } catch (error) {
    if (error instanceof NotKnown) return null;
    throw error;
  }
}

class NotKnown extends Error {}

const CLASSES: Readonly<Record<string, string>> = { d: '0-9', w: '0-9A-Z_a-z', s: '\\t\\n\\f\\r ' };
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, f: 12, r: 13 };

class Parser {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  whole(): Tree {
    const tree = this.#either();
    if (this.#at < this.#source.length) throw new NotKnown();
    return tree;
  }

  #either(): Tree {
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { kind: 'either', parts };
  }

  #sequence(): Tree {
    const parts: Tree[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!)) parts.push(this.#repeated());
    return { kind: 'sequence', parts };
  }

  #repeated(): Tree {
    const part = this.#atom();
    const counts = /^(?:([*+?])|\{(\d{1,4})(,?)(\d{0,4})\})(\??)/.exec(this.#source.slice(this.#at, this.#at + 16));
    if (counts === null) return part;
    if (part.kind === 'begin' || part.kind === 'end') throw new NotKnown();
    this.#at += counts[0].length;
    const [, sign, from, comma, to, lazy] = counts;
    const least = sign === undefined ? Number(from) : sign === '+' ? 1 : 0;
    const most =
      sign === undefined
        ? comma === ''
          ? least
          : to === ''
            ? Number.POSITIVE_INFINITY
            : Number(to)
        : sign === '?'
          ? 1
          : Number.POSITIVE_INFINITY;
    if ('*+?{'.includes(this.#source[this.#at] ?? ' ')) throw new NotKnown();
    return { kind: 'repeat', part, least, most, lazy: lazy === '?' };
  }

  #atom(): Tree {
    const character = this.#character();
    switch (character) {
      case '^':
        return { kind: 'begin' };
      case '$':
        return { kind: 'end' };
      case '.':
        return setOf('[^\\n]');
      case '[':
        return this.#set();
      case '(':
        return this.#group();
      case '\\':
        return this.#escaped();
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        throw new NotKnown();
      default:
        return setOf(literal(character));
    }
  }

  #group(): Tree {
    let captures = true;
    if (this.#take('?:')) captures = false;
    else if (this.#source[this.#at] === '?') {
      const name = /^\?P?<\w+>/.exec(this.#source.slice(this.#at, this.#at + 256));
      if (name === null) throw new NotKnown();
      this.#at += name[0].length;
    }
    const part = this.#either();
    if (!this.#take(')')) throw new NotKnown();
    return { kind: 'group', captures, part };
  }

  #escaped(): Tree {
    const character = this.#character();
    if (Object.hasOwn(CLASSES, character)) return setOf(`[${CLASSES[character]!}]`);
    const small = character.toLowerCase();
    if (Object.hasOwn(CLASSES, small)) return setOf(`[^${CLASSES[small]!}]`);
    return setOf(literal(this.#plain(character)));
  }

  /** A set in brackets, spelled so that both read it alike. */
  #set(): Tree {
    let text = this.#take('^') ? '[^' : '[';
    for (let first = true; first || this.#source[this.#at] !== ']'; first = false) {
      const character = this.#character();
      if (character === '[' || (character === ']' && !first)) throw new NotKnown();
      if (character === '\\') {
        const escaped = this.#character();
        text += Object.hasOwn(CLASSES, escaped) ? CLASSES[escaped]! : literal(this.#plain(escaped));
      } else if (character === '-') {
        // Between two characters it is a range, and one of the set at its ends.
        const between =
          !first && this.#source[this.#at] !== ']' && !/\\[dws]$/.test(this.#source.slice(0, this.#at - 1));
        text += between ? '-' : '\\-';
      } else text += literal(character);
    }
    this.#at++;
    return setOf(`${text}]`);
  }

  /** The character that an escape stands for. */
  #plain(escaped: string): string {
    if (Object.hasOwn(CONTROLS, escaped)) return String.fromCharCode(CONTROLS[escaped]!);
    if (/[0-9A-Za-z]/.test(escaped)) throw new NotKnown();
    return escaped;
  }

  #character(): string {
    const code = this.#source.codePointAt(this.#at);
    if (code === undefined) throw new NotKnown();
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    return character;
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}

/** A character in an expression of the language, in brackets or not. */
function literal(character: string): string {
  const code = character.codePointAt(0)!;
  if (/[0-9A-Za-z_ ]/.test(character) || (code > 127 && !(code >= 0xd800 && code <= 0xdfff))) return character;
  return `\\u{${code.toString(16)}}`;
}

function setOf(text: string): Tree {
  let one: RegExp;
  try {
    one = new RegExp(`^${text}$`, 'u');
  } catch (error) {
    // A range out of order, which RE2 has refused before.
    if (error instanceof SyntaxError) throw new NotKnown();
    throw error;
  }
  const next = new Uint8Array(OTHERS + 1);
  for (let code = 0; code < OTHERS; code++) next[code] = one.test(String.fromCharCode(code)) ? 1 : 0;
  // Either may hold some of them: a set without its complement, or with a character that is written out.
  next[OTHERS] = text.startsWith('[^') || /[^\x00-\x7f]/.test(text) ? 1 : 0;
  return { kind: 'set', text, next };
}
