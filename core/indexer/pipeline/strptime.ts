import type { TimeFormat } from './time-format.ts';
import { instantOf, zoneOffset } from './zone.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH_NAMES =
  'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?';
const DAY_NAMES = '(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?';

/** What each letter stands for: an expression with one group, or none. Every count is bounded, so matching takes no time to speak of. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  Y: '(\\d{4})',
  y: '(\\d{2})',
  m: '(\\d{1,2})',
  d: '(\\d{1,2})',
  e: ' ?(\\d{1,2})',
  j: '(\\d{1,3})',
  b: `(${MONTH_NAMES})`,
  B: `(${MONTH_NAMES})`,
  a: DAY_NAMES,
  A: DAY_NAMES,
  H: '(\\d{1,2})',
  I: ' ?(\\d{1,2})',
  p: '([ap]\\.?m\\.?)',
  M: '(\\d{1,2})',
  S: '(\\d{1,2})',
  f: '(\\d{1,9})',
  L: '(\\d{1,9})',
  z: '(Z|UTC|GMT|[+-]\\d\\d:?\\d\\d)',
  s: '(\\d{1,12})',
};
/** The same under another letter, and several in one. */
const SPELLED: Readonly<Record<string, string>> = { B: 'b', A: 'a', e: 'd', L: 'f' };
const SHORT: Readonly<Record<string, string>> = {
  T: '%H:%M:%S',
  F: '%Y-%m-%d',
  D: '%m/%d/%y',
  R: '%H:%M',
  h: '%b',
};

/**
 * A time format of a pattern as strptime has it: `%Y %y %m %d %e %j %b %B %a %A %H %I %p %M %S %f %z %s %T %F %D %R %%`; `%f` and `%L` are the
 * digits of a fraction. A blank stands for one or several. A text says what is wrong with the pattern.
 */
export function compileStrptime(pattern: string): TimeFormat | string {
  const letters: string[] = [];
  let source = '';
  let wrong = '';
  const spelled = pattern.replaceAll(/%([TFDRh])/g, (_, letter: string) => SHORT[letter]!);
  source = spelled.replaceAll(/%(.?)|\s+|[^%\s]/gs, (whole, letter: string | undefined) => {
    if (letter === undefined) return /\s/.test(whole) ? '\\s{1,8}' : whole.replaceAll(/[$()*+./?[\\\]^{|}-]/g, '\\$&');
    if (letter === '%') return '%';
    const directive = Object.hasOwn(DIRECTIVES, letter) ? DIRECTIVES[letter]! : null;
    if (directive === null) {
      wrong ||= `"${pattern}" has %${letter}, which is not known; known: ${Object.keys({ ...DIRECTIVES, ...SHORT }).join(' ')}`;
      return '';
    }
    if (letter !== 'a' && letter !== 'A') letters.push(SPELLED[letter] ?? letter);
    return directive;
  });
  const has = (letter: string) => letters.includes(letter);
  if (wrong === '' && !has('s') && !has('j') && !(has('d') && (has('m') || has('b'))))
    wrong = `"${pattern}" does not say the day: add %d and %m (or %b), %j or %s`;
  if (wrong === '' && has('I') !== has('p')) wrong = `"${pattern}" needs %I and %p together, or %H`;
  if (wrong !== '') return wrong;
  const expression = new RegExp(`^${source}$`, 'i');
  return (text, zone, near) => {
    const match = text.length > 100 ? null : expression.exec(text);
    if (match === null) return Number.NaN;
    const parts: Record<string, string> = {};
    for (const [i, letter] of letters.entries()) parts[letter] = match[i + 1]!;
    return timeOf(parts, zone, near);
  };
}

function timeOf(parts: Readonly<Record<string, string>>, zone: Parameters<TimeFormat>[1], near: number): number {
  const number = (letter: string, otherwise: number) =>
    parts[letter] === undefined ? otherwise : Number(parts[letter]);
  const micros = Number((parts.f ?? '').padEnd(6, '0').slice(0, 6)) / 1_000;
  if (parts.s !== undefined) return Number(parts.s) * 1_000 + micros;
  const month = parts.b === undefined ? number('m', 1) : MONTHS.indexOf(parts.b.slice(0, 3).toLowerCase()) + 1;
  const day = number('j', number('d', 1));
  let hour = number('H', 0);
  if (parts.I !== undefined) hour = (number('I', 12) % 12) + (/^p/i.test(parts.p!) ? 12 : 0);
  const minute = number('M', 0);
  const second = number('S', 0);
  if (hour > 23 || minute > 59 || second > 60 || number('I', 1) > 12) return Number.NaN;
  const own = parts.z === undefined ? zone : zoneOffset(parts.z.toUpperCase());
  if (own === null) return Number.NaN;
  const at = (year: number): number => {
    const date = Date.UTC(year, parts.j === undefined ? month - 1 : 0, day);
    // 31 February is no day, and neither is day 366 of most years.
    const back = new Date(date);
    const there =
      parts.j === undefined
        ? back.getUTCMonth() === month - 1 && back.getUTCDate() === day
        : day > 0 && back.getUTCFullYear() === year;
    return there ? instantOf(date + ((hour * 60 + minute) * 60 + second) * 1_000, own) + micros : Number.NaN;
  };
  if (parts.Y !== undefined) return at(Number(parts.Y));
  if (parts.y !== undefined) return at(Number(parts.y) + (Number(parts.y) < 70 ? 2000 : 1900));
  const year = new Date(near).getUTCFullYear();
  let best = Number.NaN;
  for (const time of [at(year - 1), at(year), at(year + 1)]) {
    if (!Number.isNaN(time) && !(Math.abs(time - near) >= Math.abs(best - near))) best = time;
  }
  return best;
}
