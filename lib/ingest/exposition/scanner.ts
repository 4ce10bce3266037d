import { HeliographError } from '../../errors.ts';

const QUOTE = 34;
const BACKSLASH = 92;
const NEWLINE = 10;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const WORD = /^([+-]?)(inf|infinity)$/i;

/** Walks over a line of the exposition formats. What does not fit throws HG_SCRAPE_SYNTAX with the line's number, and nothing of what stands there. */
export class Scanner {
  readonly text: string;
  at = 0;
  line = 1;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  fail(what: string): never {
    throw new HeliographError('HG_SCRAPE_SYNTAX', `line ${this.line}: ${what}`, { line: this.line });
  }

  is(character: string): boolean {
    return this.text[this.at] === character;
  }

  /** Spaces and tabs. */
  blanks(): void {
    for (let code = this.text.charCodeAt(this.at); code === 32 || code === 9; code = this.text.charCodeAt(this.at))
      this.at++;
  }

  /** A name of letters, digits and `_`, and of `:` where `colons`. */
  name(what: string, colons: boolean): string {
    const from = this.at;
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      const letter =
        (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || (colons && code === 58);
      if (!letter && !(this.at > from && code >= 48 && code <= 57)) break;
    }
    if (this.at === from) this.fail(`${what} is missing`);
    return this.text.slice(from, this.at);
  }

  /** A text in quotes, with \\, \" and \n; another backslash stands for itself, as Prometheus reads it. */
  quoted(what: string): string {
    if (!this.is('"')) this.fail(`${what} is not in quotes`);
    const from = ++this.at;
    let escaped = false;
    for (; ; this.at++) {
      const code = this.text.charCodeAt(this.at);
      // NaN at the end of the text.
      if (!(code >= 0) || code === NEWLINE) this.fail(`${what} does not end`);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        escaped = true;
        this.at++;
        if (this.at >= this.text.length || this.text.charCodeAt(this.at) === NEWLINE) this.fail(`${what} does not end`);
      }
    }
    const raw = this.text.slice(from, this.at++);
    return escaped ? unescaped(raw) : raw;
  }

  /** What stands up to a blank or the line's end. */
  word(what: string): string {
    const from = this.at;
    while (this.at < this.text.length) {
      const code = this.text.charCodeAt(this.at);
      if (code === 32 || code === 9 || code === NEWLINE) break;
      this.at++;
    }
    if (this.at === from) this.fail(`${what} is missing`);
    return this.text.slice(from, this.at);
  }

  /** A number as Go reads it, without hexadecimal forms and underscores. */
  number(what: string): number {
    const word = this.word(what);
    if (NUMBER.test(word)) return Number(word);
    const infinite = WORD.exec(word);
    if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    if (/^nan$/i.test(word)) return Number.NaN;
    return this.fail(`${what} is no number`);
  }

  /** The line ends here; goes to the next one. */
  end(): void {
    if (!this.done && this.text.charCodeAt(this.at) !== NEWLINE) this.fail('there is more than a sample');
    this.at++;
    this.line++;
  }

  /** The rest of the line is nothing to us. */
  skipLine(): string {
    const next = this.text.indexOf('\n', this.at);
    const to = next < 0 ? this.text.length : next;
    const rest = this.text.slice(this.at, to);
    this.at = to;
    this.end();
    return rest;
  }
}

function unescaped(raw: string): string {
  return raw.replace(/\\(.)/gs, (all, one: string) => (one === 'n' ? '\n' : one === '\\' || one === '"' ? one : all));
}
