import { HeliographError } from '../../../lib/errors.ts';
import type { SeriesSamples } from '../../ports/metric-store.ts';

// Quotes inside a JSON text are escaped, so neither stands in a label.
const VALUES = ',"values":[';
const TIMES = '],"timestamps":[';
const METRIC = '{"metric":';
const COMMA = 44;
const BRACKET = 93;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
/** An integer below this, by a power of ten up to 10^22, is the double nearest to the decimal: both are exact, and one division rounds once. */
const EXACT = 2 ** 53;
const POWERS = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * A line of /api/v1/export: labels, values, times, in that order, as VictoriaMetrics writes it. Infinities are numbers, what is no number is
 * NaN. Numbers are read here, since there may be a hundred of them to one name, and JSON's reader takes twice as long.
 * @throws HeliographError HG_ENGINE_ADDRESS for another form
 */
export function exported(line: string): SeriesSamples {
  const values = line.indexOf(VALUES);
  const times = line.indexOf(TIMES, values);
  if (!line.startsWith(METRIC) || values < 0 || times < 0) {
    throw new HeliographError('HG_ENGINE_ADDRESS', `no line of an export of VictoriaMetrics: ${line.slice(0, 200)}`);
  }
  // Bytes are read faster than the characters of a text that is a piece of another.
  const lists = Buffer.from(line.slice(values + VALUES.length), 'latin1');
  const end = times - values - VALUES.length;
  const count = end === 0 ? 0 : commas(lists, end) + 1;
  return {
    labels: JSON.parse(line.slice(METRIC.length, values)) as Record<string, string>,
    times: numbers(lists, end + TIMES.length, count),
    values: numbers(lists, 0, count),
  };
}

function commas(bytes: Uint8Array, end: number): number {
  let count = 0;
  for (let at = 0; at < end; at++) if (bytes[at] === COMMA) count++;
  return count;
}

/** So many numbers of a list that begins here. */
function numbers(bytes: Buffer, from: number, count: number): Float64Array {
  const out = new Float64Array(count);
  let at = from;
  for (let i = 0; i < count; i++) {
    const begin = at;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    let whole = 0;
    let point = -1;
    let plain = true;
    for (; at < bytes.length; at++) {
      const code = bytes[at]!;
      if (code >= ZERO && code <= NINE) whole = whole * 10 + (code - ZERO);
      else if (code === COMMA || code === BRACKET) break;
      else if (code === POINT) point = at;
      else plain = false;
    }
    const decimals = point < 0 ? 0 : at - point - 1;
    if (plain && whole < EXACT && decimals < POWERS.length && at > begin) {
      const value = decimals === 0 ? whole : whole / POWERS[decimals]!;
      out[i] = negative ? -value : value;
    } else out[i] = numberOf(bytes.toString('latin1', begin, at));
    at++;
  }
  return out;
}

/** null, "Infinity" and the like in quotes as newer ones write it, +Inf bare as 1.79 does, exponents and many digits. */
function numberOf(text: string): number {
  const bare = text.replaceAll('"', '');
  if (/^\+?inf(inity)?$/i.test(bare)) return Number.POSITIVE_INFINITY;
  if (/^-inf(inity)?$/i.test(bare)) return Number.NEGATIVE_INFINITY;
  return bare === '' ? Number.NaN : Number(bare === 'null' ? Number.NaN : bare);
}
