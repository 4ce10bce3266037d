import { characterValue, numberValue, stringValue } from './literals.ts';
import type { Operand, Pipeline } from './nodes.ts';
import type { TokenReader } from './token-reader.ts';
import { TemplateTrouble } from './trouble.ts';

/** What an operand may name, and how one in parentheses is read. */
export interface Scope {
  readonly functions: ReadonlySet<string>;
  readonly variables: readonly string[];
  /** Called behind the `(`. */
  parenthesized(): Pipeline;
}

/** A value and the fields behind it; null: what is next is none. @throws TemplateTrouble */
export function operandOf(reader: TokenReader, scope: Scope): Operand | null {
  const term = termOf(reader, scope);
  if (term === null || reader.peek().kind !== 'field') return term;
  const { at } = reader.peek();
  const names: string[] = [];
  while (reader.peek().kind === 'field') names.push(reader.take().text.slice(1));
  const text = (term.kind === 'pipeline' ? `(${term.text})` : term.text) + names.map((name) => `.${name}`).join('');
  switch (term.kind) {
    case 'field':
      return { ...term, text, names: [...term.names, ...names] };
    case 'variable':
      return { ...term, text, names };
    case 'boolean':
    case 'string':
    case 'number':
    case 'nil':
    case 'dot':
      throw new TemplateTrouble(`unexpected . after term ${JSON.stringify(term.text)}`, at);
    default:
      return { kind: 'chain', at, text, inner: term, names };
  }
}

function termOf(reader: TokenReader, scope: Scope): Operand | null {
  const { kind, text, at } = reader.peekWord();
  const taken = <T>(node: T): T => {
    reader.word();
    return node;
  };
  switch (kind) {
    case 'identifier':
      if (!scope.functions.has(text)) throw new TemplateTrouble(`function ${JSON.stringify(text)} not defined`, at);
      return taken({ kind: 'function', at, text });
    case 'dot':
      return taken({ kind: 'dot', at, text });
    case 'variable':
      if (!scope.variables.includes(text)) throw new TemplateTrouble(`undefined variable ${JSON.stringify(text)}`, at);
      return taken({ kind: 'variable', at, text, name: text, names: [] });
    case 'field':
      return taken({ kind: 'field', at, text, names: [text.slice(1)] });
    case 'boolean':
      return taken({ kind: 'boolean', at, text, value: text === 'true' });
    case 'character':
      return taken({ kind: 'number', at, text, value: characterValue(text, at) });
    case 'number':
      return taken({ kind: 'number', at, text, value: numberValue(text, at) });
    case 'string':
      return taken({ kind: 'string', at, text, value: stringValue(text, at) });
    case 'keyword':
      return text === 'nil' ? taken({ kind: 'nil', at, text }) : null;
    default:
      if (kind !== 'symbol' || text !== '(') return null;
      return taken(null) ?? scope.parenthesized();
  }
}
