import { RE2JS } from 're2js';
import { placeOf, placeOfText } from './characters.ts';
import type { Cover } from './cover.ts';
import type { Mask } from './mask.ts';

const NEWLINE = 10;

/** A rule of the operator's own: an expression in RE2's syntax. */
export interface OwnRule {
  readonly name: string;
  /** Its first group is covered, or without one all that matches. Bytes of other letters than ASCII's are matched one by one. */
  readonly regex: string;
  /** A text without which nothing matches: lines that have it not are not looked at. ASCII. */
  readonly contains?: string | undefined;
}

/** What is wrong with an expression, in RE2's words; null if nothing is. */
export function regexProblem(regex: string): string | null {
  try {
    RE2JS.compile(regex);
    return null;
  } catch (error) {
    return String((error as Error).message);
  }
}

/** Line by line, in time linear in its length, whatever the expression. @throws Error with RE2's words for what is wrong */
export function ownMask(rule: OwnRule, cover: Cover): Mask {
  const compiled = RE2JS.compile(rule.regex);
  const group = compiled.groupCount() > 0 ? 1 : 0;
  const { contains } = rule;
  return {
    name: rule.name,
    shortest: 1,
    cover(bytes, from, to) {
      let covered = 0;
      let place = from - 1;
      for (let start = from; start < to; ) {
        const newline = placeOf(bytes, NEWLINE, start, to);
        const end = newline < 0 ? to : newline;
        // Looked for once in all that is left, not line by line: nearly all lines have it not.
        if (contains !== undefined && place < start) {
          place = placeOfText(bytes, contains, start, to);
          if (place < 0) break;
        }
        if (contains === undefined || place + contains.length <= end) {
          // One character a byte, so that places in the text are places in the bytes.
          let line = '';
          for (let i = start; i < end; i++) line += String.fromCharCode(bytes[i]!);
          const matcher = compiled.matcher(line);
          while (matcher.find()) {
            const [low, high] = [matcher.start(group), matcher.end(group)];
            if (low < 0 || high <= low) continue;
            cover(bytes, start + low, start + high);
            covered++;
          }
        }
        start = end + 1;
      }
      return covered;
    },
  };
}
