import { RE2JS } from 're2js';
import { expandGrok } from './grok.ts';
import { toNative } from './native.ts';

/** Takes a text apart by named groups; null: it does not match. */
export type Expression = (text: string) => Map<string, string> | null;

export type Compiled =
  | { readonly ok: true; readonly expressions: readonly Expression[] }
  | { readonly ok: false; readonly why: string };

/**
 * Expressions of a rule, ready to be used. They run in time linear in the text, whatever it holds: RE2's syntax (no look-around, no
 * back-references), by RE2JS, or by the engine of the language where the expression leaves it no choice to go back to.
 * @param parse `regex` or `grok`
 */
export function compileExpressions(
  parse: string,
  patterns: readonly string[],
  definitions: Readonly<Record<string, string>>,
): Compiled {
  const expressions: Expression[] = [];
  for (const pattern of patterns) {
    let source = pattern;
    let names: readonly string[] = [];
    if (parse === 'grok') {
      const expanded = expandGrok(pattern, definitions);
      if (!expanded.ok) return expanded;
      ({ source, names } = expanded);
    }
    const expression = compileOne(source, names);
    if (typeof expression === 'string') return { ok: false, why: expression };
    expressions.push(expression);
  }
  return { ok: true, expressions };
}

/** A test whether an expression is found in a text, or why it cannot be used. */
export function compileTest(pattern: string): ((text: string) => boolean) | string {
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.test(text);
  } catch (error) {
    return refusal(pattern, error);
  }
}

/** @param names what group 1, 2, ... is called, where the names are not those of the expression itself; '' has none */
function compileOne(source: string, names: readonly string[]): Expression | string {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (error) {
    return refusal(source, error);
  }
  const groups: [number, string][] = [];
  for (const [name, group] of Object.entries(compiled.namedGroups())) {
    const called = names.length === 0 ? name : names[Number(name.slice(1))];
    if (called !== undefined && called !== '') groups.push([group, called]);
  }
  if (groups.length === 0)
    return 'name at least one group, such as (?P<user>\\w+) or %{WORD:user}: a field is made of each';
  groups.sort(([a], [b]) => a - b);
  const native = toNative(source);
  return (text) => {
    let found: readonly (string | null | undefined)[] | null = native === null ? null : native.atBeginning.exec(text);
    if (found === null && native?.anchored !== true) found = compiled.exec(text);
    if (found === null) return null;
    const fields = new Map<string, string>();
    for (const [group, name] of groups) {
      const value = found[group];
      // A name that two alternatives share is the one that took part.
      if (value !== undefined && value !== null && !fields.has(name)) fields.set(name, value);
    }
    return fields;
  };
}

function refusal(pattern: string, error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const hint = /\(\?[<!=]/.test(pattern.replaceAll(/\(\?P?<\w+>/g, ''))
    ? '; look-around is not part of RE2, which is what keeps every expression fast'
    : '';
  return `mend the expression: ${said}${hint}`;
}
