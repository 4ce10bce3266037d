import type { Matcher } from './alert-shapes.ts';

/** `name=value`, `name!=value`, `name=~expression`, `name!~expression`. @throws Error in words for anything else */
export function readMatcher(text: string): Matcher {
  const found = /^\s*([a-zA-Z_][\w.]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$/su.exec(text);
  if (!found)
    throw new Error(`${text.trim()}: write a label, = or != or =~ or !~, and a value, such as severity=warning`);
  const [, name, operator, written] = found as unknown as [string, string, string, string];
  const value = /^"(.*)"$/s.exec(written)?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? written;
  const isRegex = operator.endsWith('~');
  if (isRegex) checkExpression(value);
  return { name, value, isRegex, isEqual: !operator.startsWith('!') };
}

/** One on each line. @throws Error in words */
export function readMatchers(text: string): Matcher[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw new Error('Write at least one label, such as instance=web-1');
  return lines.map(readMatcher);
}

export function matcherWords(matcher: Matcher): string {
  return `${matcher.name}${operatorOf(matcher)}${matcher.value}`;
}

/** As the API reads it. */
export function matcherText(matcher: Matcher): string {
  return `${JSON.stringify(matcher.name)}${operatorOf(matcher)}${JSON.stringify(matcher.value)}`;
}

function operatorOf({ isRegex, isEqual }: Matcher): string {
  return isEqual ? (isRegex ? '=~' : '=') : isRegex ? '!~' : '!=';
}

/** @throws Error in words */
function checkExpression(expression: string): void {
  try {
    new RegExp(expression);
  } catch {
    throw new Error(`${expression} is no regular expression`);
  }
}
