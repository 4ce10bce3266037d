import type { AnchoredRegex } from './regex.ts';

/** Puts groups of a match into a text. */
export type Template = (groups: readonly string[]) => string;

/** `$$`, `${name}` or `$name`; a name is as long as it can be, so `$1x` is the group "1x" and `${1}x` the first one and an x. */
const VARIABLE = /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;
const NUMBER = /^(?:0|[1-9]\d{0,8})$/;

/** Whether something of a match would be put into the text. */
export function hasVariables(text: string): boolean {
  return text.includes('$');
}

/**
 * A template as Go's `Regexp.Expand` reads it: a group that there is not, or that took no part, is nothing; a `$` that begins no
 * variable is itself.
 */
export function compileTemplate(text: string, regex: Pick<AnchoredRegex, 'groupOf'>): Template {
  const parts: (string | number)[] = [];
  let from = 0;
  for (const match of text.matchAll(VARIABLE)) {
    parts.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    const name = match[2] ?? match[3];
    if (name === undefined) parts.push('$');
    else parts.push(NUMBER.test(name) ? Number(name) : regex.groupOf(name));
  }
  parts.push(text.slice(from));
  return (groups) => {
    let filled = '';
    for (const part of parts) filled += typeof part === 'string' ? part : (groups[part] ?? '');
    return filled;
  };
}
