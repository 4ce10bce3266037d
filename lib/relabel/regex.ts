import { RE2JS } from 're2js';

/** An expression of a rule, matched against the whole of a text in time linear in its length. */
export interface AnchoredRegex {
  test(text: string): boolean;
  /** The groups of a match, the whole match as the first; a group that took no part is ''. Null: no match. */
  groups(text: string): readonly string[] | null;
  /** Which group has that name; -1 if none has. */
  groupOf(name: string): number;
}

/**
 * Compiles what Prometheus writes as `^(?s:pattern)$`. RE2JS is a port of RE2, so what RE2 refuses (look-around, back-references,
 * possessive and atomic groups, `\Z`, `\u0041`) is refused here too, and what it takes (`(?i)`, `\pL`, `(?P<name>...)`) means the same.
 * @throws Error with RE2's words for what is wrong
 */
export function compileAnchored(pattern: string): AnchoredRegex {
  const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
  const names = compiled.namedGroups();
  return {
    test: (text) => compiled.matches(text),
    groups(text) {
      const match = compiled.matcher(text);
      if (!match.matches()) return null;
      return Array.from({ length: match.groupCount() + 1 }, (_, group) => match.group(group) ?? '');
    },
    groupOf: (name) => (Object.hasOwn(names, name) ? names[name]! : -1),
  };
}
