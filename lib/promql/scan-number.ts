/** What a number token is: how far it goes, and whether it is one. */
export interface ScannedNumber {
  readonly kind: 'number' | 'duration' | 'error';
  readonly end: number;
}

/**
 * Where the number or duration that begins at `from` ends. What is taken here may still be no number (1.2.3): Prometheus' lexer
 * decides on the extent only, and so do we, or one text would be two tokens here and one there.
 */
export function scanNumber(text: string, from: number): ScannedNumber {
  const { end, whole } = scanDigits(text, from);
  if (whole && !/\w/.test(text.charAt(end))) return { kind: 'number', end };
  // 5m, 1h30m: what was scanned so far is the first count, its unit follows.
  DURATION_REST.lastIndex = end;
  const rest = DURATION_REST.exec(text);
  if (rest !== null) return { kind: 'duration', end: DURATION_REST.lastIndex };
  return { kind: 'error', end: Math.max(end, from + 1) };
}

// Wrong units (hs) and a wrong order (1m1h) are found when the duration is read.
const DURATION_REST = /[smhdwy]s?(?:\d+[smhdw]s?)*(?!\w)/y;

/** `whole` is false where a point, an exponent or an underscore stands where none may. */
function scanDigits(text: string, from: number): { end: number; whole: boolean } {
  let at = from;
  const hexadecimal = /0[xX]/y;
  hexadecimal.lastIndex = at;
  const isHex = hexadecimal.test(text);
  if (isHex) {
    at += 2;
    if (text[at] === '_') at++;
  } else if (text[at] === '.') at++;
  const digits = isHex ? /[0-9a-fA-F]+/y : /[0-9]+/y;
  const run = (): number => {
    digits.lastIndex = at;
    return digits.exec(text)?.[0].length ?? 0;
  };
  // The first digit is one even where it could begin an exponent (0xe); of a hexadecimal number the second may do so (0x1e3).
  if (run() > 0) at++;
  let points = 0;
  let exponents = 0;
  while (at < text.length) {
    const next = text[at]!;
    let never = '._eE';
    if (next === '.') {
      at++;
      if (++points > 1 || isHex || text[at] === '_' || text[at] === '.') return { end: at, whole: false };
      continue;
    }
    if (next === 'e' || next === 'E') {
      at++;
      if (++exponents > 1) return { end: at, whole: false };
      if (text[at] === '+' || text[at] === '-') at++;
    } else if (next === '_') at++;
    else {
      const length = run();
      if (length === 0) break;
      at += length;
      never = '';
    }
    // An exponent or an underscore is followed by a digit.
    if (never !== '' && (at >= text.length || never.includes(text[at]!))) return { end: at, whole: false };
  }
  return { end: at, whole: at > from };
}
