import { formatShort } from '../../../promql/format.ts';

/** The decimal digits of a double, all of them that count for rounding, and the power of ten of the first. */
function decimal(value: number): { digits: string; exponent: number } {
  const [mantissa, exponent] = value.toExponential(100).split('e') as [string, string];
  return { digits: mantissa.replace('.', ''), exponent: Number(exponent) };
}

/** So many significant digits, a half rounded to the even one as Go does (JavaScript rounds it up). */
function rounded(value: number, count: number): { digits: string; exponent: number } {
  const { digits, exponent } = decimal(value);
  if (count < 0) return { digits: '', exponent };
  const head = digits.slice(0, count);
  const rest = digits.slice(count);
  const half = `5${'0'.repeat(Math.max(0, rest.length - 1))}`;
  const odd = head !== '' && Number(head.at(-1)) % 2 === 1;
  if (rest < half || (rest === half && !odd)) return { digits: head, exponent };
  const next = String(BigInt(head || '0') + 1n).padStart(head.length, '0');
  return next.length > head.length
    ? { digits: head === '' ? '1' : next.slice(0, -1), exponent: exponent + 1 }
    : { digits: next, exponent };
}

/**
 * A double as Go's strconv formats it.
 * @param verb e: with an exponent; f: without; g: whichever is shorter
 * @param precision digits behind the point, of g significant ones; -1: as many as it needs
 */
export function formatFloat(value: number, verb: 'e' | 'f' | 'g', precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (verb === 'g' && precision < 0) return formatShort(value);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  if (verb === 'g') return sign + general(size, precision === 0 ? 1 : precision);
  if (verb === 'e') return sign + exponential(rounded(size, precision + 1));
  return sign + fixed(size, precision);
}

function general(size: number, precision: number): string {
  if (size === 0) return '0';
  const { digits, exponent } = rounded(size, precision);
  const kept = digits.replace(/0+$/, '') || '0';
  if (exponent < -4 || exponent >= precision) return exponential({ digits: kept, exponent });
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${kept}`;
  const whole = kept.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const rest = kept.slice(exponent + 1);
  return rest === '' ? whole : `${whole}.${rest}`;
}

function exponential({ digits, exponent }: { digits: string; exponent: number }): string {
  const rest = digits.slice(1);
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits[0]}${rest === '' ? '' : `.${rest}`}e${exponent < 0 ? '-' : '+'}${power}`;
}

function fixed(size: number, precision: number): string {
  const { exponent: first } = decimal(size);
  const { digits, exponent } = size === 0 ? { digits: '', exponent: 0 } : rounded(size, first + 1 + precision);
  // As one row of digits with the point `precision` before its end.
  const row =
    exponent - first + digits.length >= 0 && digits !== '' ? digits.padEnd(exponent + 1 + precision, '0') : '';
  const all = row.padStart(precision + 1, '0');
  return precision === 0 ? all : `${all.slice(0, -precision)}.${all.slice(-precision)}`;
}
