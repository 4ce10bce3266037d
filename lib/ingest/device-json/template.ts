import type { JsonObject } from './json-fields.ts';
import { fieldAt } from './json-fields.ts';

/** A text with parts of a topic or a field of a document in it. */
export interface Template {
  /** It is the field of this path, and nothing else; null: it does not look at the document. */
  readonly path: string | null;
  /** @param caught what the filter's wildcards stand for */
  fill(caught: readonly string[], document: JsonObject): string;
}

/**
 * A template: `$1`, `$2` are what the filter's wildcards stand for, among any text; `$.battery.level` alone is that field of the document, '' where
 * it has none.
 */
export function templateOf(text: string): Template {
  if (text.startsWith('$.')) {
    const path = text.slice(2);
    return { path, fill: (_, document) => textOf(fieldAt(document, path)) };
  }
  return { path: null, fill: (caught) => text.replace(/\$(\d)/g, (_, number: string) => caught[Number(number) - 1]!) };
}

/** What is wrong with one behind a filter of so many wildcards; null: nothing. */
export function templateFault(text: string, wildcards: number): string | null {
  if (text.startsWith('$.')) return text.length > 2 ? null : 'write the path of a field, such as $.unit';
  for (const [, number] of text.matchAll(/\$(\d)/g)) {
    if (Number(number) < 1 || Number(number) > wildcards) {
      return `$${number} is none of the filter's ${wildcards} wildcards`;
    }
  }
  return null;
}

/** '' for what is no single value. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
