import type { Labels, Matcher } from './alert-shapes.ts';

/** `name=value`, `name!=value`, `name=~expression`, `name!~expression`. @throws Error in words for anything else */
export function readMatcher(text: string): Matcher {
  const found = /^\s*([a-zA-Z_][\w.]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$/su.exec(text);
  if (!found)
    throw new Error(`${text.trim()}: write a label, = or != or =~ or !~, and a value, such as severity=warning`);
  const [, name, operator, written] = found as unknown as [string, string, string, string];
  const value = /^"(.*)"$/s.exec(written)?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? written;
  const isRegex = operator.endsWith('~');
  if (isRegex) whole(value);
  return { name, value, isRegex, isEqual: !operator.startsWith('!') };
}

/** One on each line. @throws Error in words */
export function readMatchers(text: string): Matcher[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw new Error('Write at least one label, such as instance=web-1');
  return lines.map(readMatcher);
}

export function matcherWords({ name, value, isRegex, isEqual }: Matcher): string {
  return `${name}${isEqual ? (isRegex ? '=~' : '=') : isRegex ? '!~' : '!='}${value}`;
}

/** As Alertmanager has it: a label that is not there is empty, and an expression is for the whole value. */
export function meets(labels: Labels, matchers: readonly Matcher[]): boolean {
  return matchers.every(({ name, value, isRegex, isEqual }) => {
    const has = labels[name] ?? '';
    return (isRegex ? whole(value).test(has) : has === value) === isEqual;
  });
}

function whole(expression: string): RegExp {
  try {
    return new RegExp(`^(?:${expression})$`, 's');
  } catch {
    throw new Error(`${expression} is no regular expression`);
  }
}
