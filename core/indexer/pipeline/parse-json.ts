import { addField, type Parsed, type ParseLimits } from './parsed.ts';

/**
 * A JSON object as fields: nested objects with dots between the names, lists as JSON, numbers and truth values as they are written, nothing for
 * null. Nesting is bounded before the parser sees it.
 */
export function parseJson(text: string, limits: ParseLimits): Parsed {
  let start = 0;
  while (text.charCodeAt(start) <= 32) start++;
  if (text.charCodeAt(start) !== 123) return 'not_json';
  const look = lookOver(text, limits.depth);
  if (look === 'too_deep') return look;
  let value: unknown;
  try {
    value = look === 'long_number' ? JSON.parse(text, exactNumber) : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return 'not_json';
    throw error;
  }
  const fields = new Map<string, string>();
  return flatten(value as object, '', fields, limits.fields) ? fields : 'too_many_fields';
}

/** More digits than a double is sure to hold: identifiers, mostly. */
const LONG_NUMBER = 16;

/** A number that a double would alter stays as it was written. */
function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  const exact = typeof value !== 'number' || context?.source === undefined || String(value) === context.source;
  return exact ? value : context.source;
}

/** False when there are more than `most`. */
function flatten(object: object, before: string, fields: Map<string, string>, most: number): boolean {
  // A key may be called __proto__: it is an own property here, as the parser makes it.
  for (const key in object) {
    const value = (object as Record<string, unknown>)[key];
    if (value === null) continue;
    const name = before + key;
    if (typeof value === 'string') addField(fields, name, value);
    else if (typeof value !== 'object') addField(fields, name, String(value));
    else if (Array.isArray(value) || isEmpty(value as object)) addField(fields, name, JSON.stringify(value));
    else if (!flatten(value as object, `${name}.`, fields, most)) return false;
    if (fields.size > most) return false;
  }
  return true;
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** Whether braces and brackets are nested deeper than `most`, and whether there is a long number; what stands in strings does not count. */
function lookOver(text: string, most: number): 'too_deep' | 'long_number' | null {
  let found: 'long_number' | null = null;
  let depth = 0;
  let digits = 0;
  let at = 0;
  for (;;) {
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 34) break;
      if ((code >= 48 && code <= 57) || code === 46) {
        if (++digits >= LONG_NUMBER) found = 'long_number';
        continue;
      }
      digits = 0;
      if (code === 123 || code === 91) {
        if (++depth > most) return 'too_deep';
      } else if (code === 125 || code === 93) depth--;
    }
    // Over a string: to its closing quote, which is one with an even number of backslashes before it.
    do {
      at = text.indexOf('"', at + 1);
      if (at < 0) return found;
    } while (text.charCodeAt(at - 1) === 92 && escaped(text, at));
    at++;
    digits = 0;
    if (at >= text.length) return found;
  }
}

function escaped(text: string, quote: number): boolean {
  let at = quote - 1;
  while (text.charCodeAt(at) === 92) at--;
  return (quote - 1 - at) % 2 === 1;
}
