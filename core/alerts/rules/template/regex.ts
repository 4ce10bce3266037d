import { RE2JS } from 're2js';
import { compileTemplate } from '../../../../lib/relabel/template.ts';
import { FillTrouble } from './trouble.ts';

/** Patterns repeat from alert to alert. */
const MOST_KEPT = 200;
const kept = new Map<string, RE2JS>();

function compiled(pattern: string): RE2JS {
  const known = kept.get(pattern);
  if (known !== undefined) return known;
  try {
    const fresh = RE2JS.compile(pattern);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(pattern, fresh);
    return fresh;
  } catch (error) {
    throw new FillTrouble(error instanceof Error ? error.message : String(error));
  }
}

/** Whether the pattern (RE2) is somewhere in the text. */
export function matches(pattern: string, text: string): boolean {
  return compiled(pattern).matcher(text).find();
}

/** Go's Regexp.ReplaceAllString: `$1` and `${name}` stand for groups. */
export function replaceAll(pattern: string, into: string, text: string): string {
  const regex = compiled(pattern);
  const names = regex.namedGroups();
  const fill = compileTemplate(into, { groupOf: (name) => (Object.hasOwn(names, name) ? names[name]! : -1) });
  const matcher = regex.matcher(text);
  let result = '';
  let from = 0;
  let found = false;
  while (matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    // An empty match right behind the one before is none.
    if (found && start === end && start === from) continue;
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? '');
    result += text.slice(from, start) + fill(groups);
    from = end;
    found = true;
  }
  return result + text.slice(from);
}
