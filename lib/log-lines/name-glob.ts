/** A test for a name: exact, or with `*` (any characters, none included) and `?` (one). Its time is at most the product of both lengths. */
export function compileGlob(pattern: string): (text: string) => boolean {
  if (pattern === '*') return () => true;
  if (!/[*?]/.test(pattern)) return (text) => text === pattern;
  return (text) => matches(pattern, text);
}

/** True if one of the patterns fits; always true without patterns. */
export function anyGlob(patterns: readonly string[] | undefined): (text: string) => boolean {
  if (patterns === undefined) return () => true;
  const tests = patterns.map(compileGlob);
  if (tests.length === 1) return tests[0]!;
  return (text) => tests.some((test) => test(text));
}

/** Only the last star is ever gone back to: what stood before it is matched as early as it can be. */
function matches(pattern: string, text: string): boolean {
  let at = 0;
  let p = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = at;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[at])) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
