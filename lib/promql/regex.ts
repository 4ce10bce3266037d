import { RE2JS } from 're2js';
import { HeliographError } from '../errors.ts';

/**
 * Regular expressions as Prometheus has them: RE2 syntax, anchored at both ends, `.` matches newlines, linear time whatever the
 * pattern. RE2JS is a port of RE2; plain words and alternations of them, which most matchers are, never reach it.
 */
export type TextTest = (text: string) => boolean;

const LITERAL = /^[\w \-:/@,;=<>%&~!"'`#]*$/;

/** Throws HG_QUERY_REGEX for what RE2 refuses (look-around, back-references, bad syntax). */
export function compileAnchored(pattern: string): TextTest {
  if (pattern === '.*') return () => true;
  if (pattern === '.+') return (text) => text !== '';
  const words = (pattern.startsWith('(') && pattern.endsWith(')') ? pattern.slice(1, -1) : pattern).split('|');
  if (words.every((word) => LITERAL.test(word))) {
    const set = new Set(words);
    return (text) => set.has(text);
  }
  const ends = /^([\w\-:/]*)\.([*+])$/.exec(pattern);
  if (ends !== null) {
    const prefix = ends[1]!;
    const least = ends[2] === '+' ? prefix.length + 1 : prefix.length;
    return (text) => text.length >= least && text.startsWith(prefix);
  }
  const compiled = compileRegex(pattern);
  // Label values repeat from series to series; the answers are kept, within reason.
  const known = new Map<string, boolean>();
  return (text) => {
    const answer = known.get(text);
    if (answer !== undefined) return answer;
    const fresh = compiled.matches(text);
    if (known.size < 10_000) known.set(text, fresh);
    return fresh;
  };
}

/** The pattern as a RE2JS object; `matches` is anchored at both ends. */
export function compileRegex(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new HeliographError('HG_QUERY_REGEX', detail, { pattern: pattern.slice(0, 1000) }, cause);
  }
}
