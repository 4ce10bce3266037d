import { stringValue } from './literals.ts';
import type { Branch, Command, Operand, Part, Pipeline, Tree } from './nodes.ts';
import { operandOf } from './operand.ts';
import type { Token } from './token.ts';
import { TokenReader } from './token-reader.ts';
import { TemplateTrouble } from './trouble.ts';

/** Deeper blocks or parentheses than this would only serve to exhaust the stack. */
const MOST_DEPTH = 100;
/** What no value can be piped into. */
const NOT_CALLED: ReadonlySet<Operand['kind']> = new Set(['boolean', 'dot', 'nil', 'number', 'string']);

interface Ended {
  readonly parts: Part[];
  readonly by: Token;
}

/**
 * The syntax tree of a template, by Go's text/template (pkg.go.dev/text/template).
 * @param functions names that may be called
 * @throws TemplateTrouble in Go's words
 */
export function parseTemplate(text: string, functions: ReadonlySet<string>): Tree {
  return new TemplateParser(text, functions).tree();
}

class TemplateParser {
  readonly #text: string;
  readonly #reader: TokenReader;
  readonly #functions: ReadonlySet<string>;
  readonly #defined = new Map<string, readonly Part[]>();
  #variables: string[] = ['$'];
  #depth = 0;
  #ranges = 0;

  constructor(text: string, functions: ReadonlySet<string>) {
    this.#text = text;
    this.#reader = new TokenReader(text);
    this.#functions = functions;
  }

  tree(): Tree {
    const reader = this.#reader;
    const root: Part[] = [];
    while (reader.peek().kind !== 'end') {
      if (reader.peek().kind === 'open' && reader.keywordAfterOpen() === 'define') this.#definition();
      else {
        const part = this.#part();
        if ('by' in part) throw new TemplateTrouble(`unexpected {{${part.by.text}}}`, part.by.at);
        root.push(part);
      }
    }
    return { text: this.#text, root, defined: this.#defined };
  }

  #definition(): void {
    const reader = this.#reader;
    reader.take();
    reader.word();
    const name = reader.word();
    if (name.kind !== 'string') throw unexpected(name, 'define clause');
    this.#close('define clause');
    this.#define(stringValue(name.text, name.at), 'define clause');
  }

  /** The body of a definition, which sees no variable of what is around it. */
  #define(name: string, context: string): void {
    const [variables, ranges] = [this.#variables, this.#ranges];
    this.#variables = ['$'];
    this.#ranges = 0;
    const { parts, by } = this.#list();
    if (by.text !== 'end') throw new TemplateTrouble(`unexpected {{${by.text}}} in ${context}`, by.at);
    this.#variables = variables;
    this.#ranges = ranges;
    const empty = parts.every((part) => part.kind === 'text' && part.text.trim() === '');
    // An empty one takes the place of none, as in Go.
    if (!empty || !this.#defined.has(name)) this.#defined.set(name, parts);
  }

  /** Parts until `end` or `else`. */
  #list(): Ended {
    const parts: Part[] = [];
    this.#deeper();
    while (this.#reader.peek().kind !== 'end') {
      const part = this.#part();
      if ('by' in part) {
        this.#depth--;
        return { parts, by: part.by };
      }
      parts.push(part);
    }
    throw new TemplateTrouble('unexpected EOF', this.#reader.peek().at);
  }

  #part(): Part | { readonly by: Token } {
    const reader = this.#reader;
    const { kind, text, at } = reader.take();
    if (kind === 'text') return { kind: 'text', at, text };
    const first = reader.peekWord();
    if (first.kind !== 'keyword' || first.text === 'nil') {
      return { kind: 'action', at: first.at, pipeline: this.#pipeline('command', 'close') };
    }
    reader.word();
    switch (first.text) {
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(first.text, first.at);
      case 'end':
        this.#close('end');
        return { by: first };
      case 'else': {
        const next = reader.peekWord();
        if (!(next.kind === 'keyword' && (next.text === 'if' || next.text === 'with'))) this.#close('else');
        return { by: first };
      }
      case 'break':
      case 'continue': {
        this.#close(`{{${first.text}}}`);
        if (this.#ranges === 0) throw new TemplateTrouble(`{{${first.text}}} outside {{range}}`, first.at);
        return { kind: first.text, at: first.at };
      }
      case 'template':
      case 'block':
        return this.#template(first.text);
      default:
        throw unexpected(first, 'command');
    }
  }

  #template(keyword: 'template' | 'block'): Part {
    const reader = this.#reader;
    const context = `${keyword} clause`;
    const token = reader.word();
    if (token.kind !== 'string') throw unexpected(token, context);
    const name = stringValue(token.text, token.at);
    const bare = keyword === 'template' && reader.peekWord().kind === 'close';
    if (bare) reader.word();
    const pipeline = bare ? null : this.#pipeline(context, 'close');
    if (keyword === 'block') this.#define(name, context);
    return { kind: 'template', at: token.at, name, pipeline };
  }

  #branch(kind: Branch['kind'], at: number): Branch {
    const reader = this.#reader;
    const variables = this.#variables.length;
    this.#deeper();
    const pipeline = this.#pipeline(kind, 'close');
    if (kind === 'range') this.#ranges++;
    const { parts: body, by } = this.#list();
    if (kind === 'range') this.#ranges--;
    let otherwise: readonly Part[] | null = null;
    if (by.text === 'else') {
      const next = reader.peekWordInAction();
      if (next !== null && next.text === kind && kind !== 'range') {
        reader.word();
        otherwise = [this.#branch(kind, next.at)];
      } else {
        if (next !== null) throw unexpected(next, 'else');
        const rest = this.#list();
        if (rest.by.text !== 'end') throw new TemplateTrouble(`expected end; found {{${rest.by.text}}}`, rest.by.at);
        otherwise = rest.parts;
      }
    }
    this.#depth--;
    this.#variables.length = variables;
    return { kind, at, pipeline, body, otherwise };
  }

  #pipeline(context: string, end: 'close' | ')'): Pipeline {
    const reader = this.#reader;
    const { at } = reader.peekWord();
    const declared: string[] = [];
    let assigns = false;
    for (;;) {
      const declaration = reader.declaration();
      if (declaration === null) break;
      declared.push(declaration.name);
      this.#variables.push(declaration.name);
      if (declaration.by !== ',') {
        assigns = declaration.by === '=';
        break;
      }
      if (context !== 'range' || declared.length > 1) {
        throw new TemplateTrouble(`too many declarations in ${context}`, at);
      }
      const next = reader.peekWord();
      if (next.kind !== 'variable') throw new TemplateTrouble('range can only initialize variables', next.at);
    }
    const commands: Command[] = [];
    for (;;) {
      const token = reader.peekWord();
      if (end === 'close' ? token.kind === 'close' : token.text === ')' && token.kind === 'symbol') break;
      commands.push(this.#command(context));
    }
    reader.word();
    if (commands.length === 0) throw new TemplateTrouble(`missing value for ${context}`, at);
    for (const [stage, { words }] of commands.entries()) {
      if (stage > 0 && NOT_CALLED.has(words[0]!.kind)) {
        throw new TemplateTrouble(`non executable command in pipeline stage ${stage + 1}`, words[0]!.at);
      }
    }
    const said = declared.length > 0 ? `${declared.join(', ')} ${assigns ? '=' : ':='} ` : '';
    return {
      ...{ kind: 'pipeline', at, declared, assigns, commands },
      text: said + commands.map(({ text }) => text).join(' | '),
    };
  }

  #command(context: string): Command {
    const reader = this.#reader;
    const { at } = reader.peekWord();
    const words: Operand[] = [];
    for (;;) {
      const operand = operandOf(reader, {
        functions: this.#functions,
        variables: this.#variables,
        parenthesized: () => {
          this.#deeper();
          const inner = this.#pipeline('parenthesized pipeline', ')');
          this.#depth--;
          return inner;
        },
      });
      if (operand === null) break;
      words.push(operand);
      if (reader.peek().kind !== 'space') break;
    }
    const { kind, text } = reader.peekWord();
    const ends = kind === 'close' || (kind === 'symbol' && text === ')');
    const piped = kind === 'symbol' && text === '|';
    if (!ends && !piped) throw unexpected(reader.peekWord(), words.length > 0 ? 'operand' : context);
    if (words.length === 0) throw new TemplateTrouble('empty command', at);
    if (piped) reader.word();
    const said = words.map((word) => (word.kind === 'pipeline' ? `(${word.text})` : word.text)).join(' ');
    return { at, text: said, words };
  }

  #close(context: string): void {
    const token = this.#reader.word();
    if (token.kind !== 'close') throw unexpected(token, context);
  }

  #deeper(): void {
    if (++this.#depth > MOST_DEPTH) throw new TemplateTrouble('max expression depth exceeded', this.#reader.peek().at);
  }
}

function unexpected({ kind, text, at }: Token, context: string): TemplateTrouble {
  const said = kind === 'end' ? 'EOF' : kind === 'keyword' ? `<${text}>` : JSON.stringify(text);
  return new TemplateTrouble(`unexpected ${said} in ${context}`, at);
}
