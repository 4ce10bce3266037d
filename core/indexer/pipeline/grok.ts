import { nearest } from '../../../lib/config/nearest.ts';
import { GROK_PATTERNS } from './grok-patterns.ts';

export type Expanded =
  | { readonly ok: true; readonly source: string; readonly names: readonly string[] }
  | { readonly ok: false; readonly why: string };

/** `%{PATTERN}`, `%{PATTERN:field}`, `%{PATTERN:[field][nested]:int}`; what a type says is not kept, a field is a text. */
const REFERENCE = /%\{(\w+)(?::([^:{}]+))?(?::(\w+))?\}/g;
const MOST_DEEP = 20;
/** RE2 has a limit as well; this one speaks of the pattern's own text. */
const LONGEST = 65_536;

/**
 * A grok pattern as one expression of RE2. Fields become groups g0, g1, ... since a field may be called what a group may not; `names` says
 * what each is called.
 * @param definitions patterns of the rule's own; they come before those that are built in
 */
export function expandGrok(pattern: string, definitions: Readonly<Record<string, string>>): Expanded {
  const names: string[] = [];
  let why = '';
  let length = 0;
  const expand = (text: string, path: readonly string[]): string => {
    const expanded = text.replaceAll(REFERENCE, (whole: string, name: string, field: string | undefined) => {
      if (why !== '') return '';
      if (path.includes(name) || path.length > MOST_DEEP) {
        why = `take the circle out: %{${[...path, name].join('} uses %{')}}`;
        return '';
      }
      const known = Object.hasOwn(definitions, name) ? definitions[name] : GROK_PATTERNS.get(name);
      if (known === undefined) {
        why = unknown(whole, name, definitions);
        return '';
      }
      if (field === undefined) return `(?:${expand(known, [...path, name])})`;
      const group = names.push(fieldName(field)) - 1;
      return `(?P<g${group}>${expand(known, [...path, name])})`;
    });
    length += expanded.length;
    if (length > LONGEST * MOST_DEEP) why ||= `make it shorter: it grows beyond ${LONGEST} characters`;
    return expanded;
  };
  // Groups that the pattern names itself are fields as well.
  const own = (text: string) =>
    text.replaceAll(/\(\?P?<(\w+)>/g, (whole: string, name: string) =>
      /^g\d+$/.test(name) ? whole : `(?P<g${names.push(name) - 1}>`,
    );
  const source = own(expand(pattern, []));
  if (why !== '') return { ok: false, why };
  const rest = /%\{[^}]*\}?/.exec(source);
  if (rest) return { ok: false, why: `write ${rest[0]} as %{PATTERN} or %{PATTERN:field}` };
  if (source.length > LONGEST) return { ok: false, why: `make it shorter: it grows to ${source.length} characters` };
  return { ok: true, source, names };
}

/** `[http][response][status]` is `http.response.status`. */
function fieldName(field: string): string {
  return field.startsWith('[') ? field.slice(1, -1).replaceAll('][', '.') : field;
}

function unknown(whole: string, name: string, definitions: Readonly<Record<string, string>>): string {
  const near = nearest(name, [...GROK_PATTERNS.keys(), ...Object.keys(definitions)]);
  const hint = near === null ? 'add it under definitions' : `did you mean %{${near}}? Else add it under definitions`;
  return `there is no grok pattern ${name} (in ${whole}); ${hint}`;
}
