import { addField, type Parsed, type ParseLimits } from './parsed.ts';

/**
 * A JSON object as fields: nested objects with dots between the names, lists as JSON, numbers and truth values as they are written, nothing for
 * null. Nesting is bounded before the parser sees it.
 */
export function parseJson(text: string, limits: ParseLimits): Parsed {
  let start = 0;
  while (text.charCodeAt(start) <= 32) start++;
  if (text.charCodeAt(start) !== 123) return 'not_json';
  if (tooDeep(text, limits.depth)) return 'too_deep';
  let value: unknown;
  try {
    value = LONG_NUMBER.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return 'not_json';
    throw error;
  }
  const fields = new Map<string, string>();
  return flatten(value as object, '', fields, limits.fields) ? fields : 'too_many_fields';
}

/** More digits than a double is sure to hold: identifiers, mostly. */
const LONG_NUMBER = /\d{16}/;

/** A number that a double would alter stays as it was written. */
function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  const exact = typeof value !== 'number' || context?.source === undefined || String(value) === context.source;
  return exact ? value : context.source;
}

/** False when there are more than `most`. */
function flatten(object: object, before: string, fields: Map<string, string>, most: number): boolean {
  // A key may be called __proto__: it is an own property here, as the parser makes it.
  for (const [key, value] of Object.entries(object) as [string, unknown][]) {
    const name = before === '' ? key : `${before}.${key}`;
    if (value === null) continue;
    if (typeof value === 'object' && !Array.isArray(value) && !isEmpty(value)) {
      if (!flatten(value, name, fields, most)) return false;
      continue;
    }
    addField(
      fields,
      name,
      typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value),
    );
    if (fields.size > most) return false;
  }
  return true;
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** Braces and brackets beyond `most`, those in strings not counted. */
function tooDeep(text: string, most: number): boolean {
  let depth = 0;
  let at = 0;
  for (;;) {
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === 34) break;
      if (code === 123 || code === 91) {
        if (++depth > most) return true;
      } else if (code === 125 || code === 93) depth--;
      at++;
    }
    // Over a string: to its closing quote, which is one with an even number of backslashes before it.
    do {
      at = text.indexOf('"', at + 1);
      if (at < 0) return false;
    } while (escaped(text, at));
    at++;
    if (at >= text.length) return false;
  }
}

function escaped(text: string, quote: number): boolean {
  let at = quote - 1;
  while (text.charCodeAt(at) === 92) at--;
  return (quote - 1 - at) % 2 === 1;
}
