import { expect, test } from 'vitest';
import { formatDecimal, formatValue } from '../../../core/promql/format.ts';

test('values are printed as Prometheus prints them', () => {
  const f = (value: number, want: string) => expect(formatValue(value)).toBe(want);
  f(0, '0');
  f(-0, '-0');
  f(1, '1');
  f(0.1 + 0.2, '0.30000000000000004');
  f(123456789012345680000, '123456789012345680000');
  f(1e21, '1e+21');
  f(1.5e300, '1.5e+300');
  f(1e-6, '0.000001');
  f(1e-7, '1e-07');
  f(-2.5e-11, '-2.5e-11');
  f(5e-324, '5e-324');
  f(Number.NaN, 'NaN');
  f(Number.POSITIVE_INFINITY, '+Inf');
  f(Number.NEGATIVE_INFINITY, '-Inf');
});

test('values in labels never have an exponent', () => {
  const f = (value: number, want: string) => expect(formatDecimal(value)).toBe(want);
  f(1e21, '1000000000000000000000');
  f(-1.25e22, '-12500000000000000000000');
  f(1e-7, '0.0000001');
  f(-1.5e-7, '-0.00000015');
  f(3.25, '3.25');
  f(-0, '-0');
  f(Number.POSITIVE_INFINITY, '+Inf');
});
