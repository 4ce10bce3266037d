import { namesSecret } from '../../mask/key-values.ts';
import type { SyslogMessage } from './message.ts';

/** RFC 3164 has 32; programs have more. */
const LONGEST_TAG = 64;
const LONGEST_PID = 16;

/** What ends a name. */
const isBreak = (byte: number): boolean => byte <= 32 || byte >= 127 || byte === 58 || byte === 91 || byte === 44;
/** What no name of a program has: `=`, as in `user=bob: x`, and `@`. */
const isForeign = (byte: number): boolean => byte === 61 || byte === 64;

/**
 * `PROGRAM[PID]:` or `PROGRAM:` at `at`, the TAG of RFC 3164 (4.1.3, 5.3). Other than the RFC has it, a word alone is none: too many devices
 * have no tag, and their first word belongs to the text. So does a key such as `password:`, without which nobody sees that a secret follows.
 * @returns where the text begins: `at` where there is no tag
 */
export function readTag(bytes: Buffer, at: number, to: number, message: SyslogMessage): number {
  let end = at;
  let isNumber = true;
  while (end < to && end - at <= LONGEST_TAG && !isBreak(bytes[end]!)) {
    if (isForeign(bytes[end]!)) return at;
    if (bytes[end]! < 48 || bytes[end]! > 57) isNumber = false;
    end++;
  }
  if (isNumber || end - at > LONGEST_TAG || end >= to) return at;
  let next = end;
  let pid = '';
  if (bytes[next] === 91) {
    let close = next + 1;
    while (close < to && close - next <= LONGEST_PID && bytes[close]! > 32 && bytes[close] !== 93) close++;
    if (close >= to || bytes[close] !== 93 || close === next + 1) return at;
    pid = bytes.toString('latin1', next + 1, close);
    next = close + 1;
  }
  if (bytes[next] === 58 && next < to) next++;
  else if (pid === '') return at;
  // `passwd[12]: ` is a program.
  if (pid === '' && namesSecret(bytes, at, end)) return at;
  // `http://...` and `12:30` are no tags.
  if (next < to && bytes[next] !== 32) return at;
  message.app = bytes.toString('latin1', at, end);
  message.procid = pid;
  return next < to ? next + 1 : next;
}
