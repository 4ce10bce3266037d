/**
 * A value as Prometheus' HTTP API prints it: shortest decimal that reads back as the same double, with an
 * exponent (of at least two digits, as Go prints it) below 1e-6 and from 1e21 on; NaN, +Inf, -Inf.
 */
export function formatValue(value: number): string {
  const special = formatSpecial(value);
  if (special !== undefined) return special;
  // JavaScript's shortest form switches to an exponent at the same two bounds; only the exponent's width differs.
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** A value as it stands in a label (count_values): Go's FormatFloat(v, 'f', -1, 64), never with an exponent. */
export function formatDecimal(value: number): string {
  const special = formatSpecial(value);
  if (special !== undefined) return special;
  const text = String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', first = '', rest = '', exponentText = '0'] = parts;
  const exponent = Number(exponentText);
  const digits = first + rest;
  return exponent < 0
    ? `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
    : `${sign}${digits}${'0'.repeat(exponent - rest.length)}`;
}

/** A value as it stands in a message: Go's %g, with an exponent below 1e-4 and from as many digits on. */
export function formatShort(value: number, digits = 6): string {
  const special = formatSpecial(value);
  if (special !== undefined) return special;
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  if (value === 0 || (exponent >= -4 && exponent < digits)) return formatDecimal(value);
  return exponential(value);
}

/** A value as Prometheus' API has it of an alert: Go's FormatFloat(v, 'e', -1, 64), always with an exponent. */
export function formatExponent(value: number): string {
  if (Object.is(value, -0)) return '-0e+00';
  return formatSpecial(value) ?? exponential(value);
}

/** With two digits of the exponent at least, as Go writes it. */
function exponential(value: number): string {
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

function formatSpecial(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return Object.is(value, -0) ? '-0' : undefined;
}
