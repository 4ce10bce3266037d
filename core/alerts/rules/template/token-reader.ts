import type { Token } from './token.ts';
import { tokensOf } from './tokens.ts';

/** Goes through the pieces of a template. A "word" is a piece that is no space. */
export class TokenReader {
  readonly #tokens: Token[];
  #next = 0;

  /** @throws TemplateTrouble */
  constructor(text: string) {
    this.#tokens = [...tokensOf(text)];
  }

  peek(): Token {
    return this.#tokens[this.#next]!;
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  peekWord(): Token {
    let at = this.#next;
    while (this.#tokens[at]!.kind === 'space') at++;
    return this.#tokens[at]!;
  }

  word(): Token {
    while (this.peek().kind === 'space') this.#next++;
    return this.take();
  }

  /** The keyword that begins the action whose `{{` is next. */
  keywordAfterOpen(): string | null {
    const { kind, text } = this.#tokens[this.#next + 1]!;
    const first = kind === 'space' ? this.#tokens[this.#next + 2]! : { kind, text };
    return first.kind === 'keyword' ? first.text : null;
  }

  /** The next word if an action goes on here (`{{else if`); null where it is over. */
  peekWordInAction(): Token | null {
    const before = this.#tokens[this.#next - 1];
    return before === undefined || before.kind === 'close' ? null : this.peekWord();
  }

  /** Takes `$x :=`, `$x =` or `$x,` if it is next. */
  declaration(): { readonly name: string; readonly by: string } | null {
    const start = this.#next;
    const variable = this.word();
    if (variable.kind === 'variable') {
      const by = this.word();
      if (by.kind === 'symbol' && [':=', '=', ','].includes(by.text)) return { name: variable.text, by: by.text };
    }
    this.#next = start;
    return null;
  }
}
