import type { EachFunction, FunctionTable } from './definition.ts';

/** Functions of one value, series by series. */
const each = (apply: EachFunction['each']): EachFunction => ({ kind: 'each', args: ['vector'], each: apply });

/** To the nearest multiple, half up. */
function round(value: number, nearest: number): number {
  const inverse = 1 / nearest;
  return Math.floor(value * inverse + 0.5) / inverse;
}

/** Go's Max and Min, in which an infinity wins over NaN. */
export function most(a: number, b: number): number {
  if (a === Number.POSITIVE_INFINITY || b === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return Math.max(a, b);
}

export function least(a: number, b: number): number {
  if (a === Number.NEGATIVE_INFINITY || b === Number.NEGATIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  return Math.min(a, b);
}

export const MATH_FUNCTIONS: FunctionTable = {
  abs: each(Math.abs),
  ceil: each((value) => Math.ceil(value)),
  floor: each((value) => Math.floor(value)),
  exp: each((value) => Math.exp(value)),
  sqrt: each((value) => Math.sqrt(value)),
  ln: each((value) => Math.log(value)),
  log2: each((value) => Math.log2(value)),
  log10: each((value) => Math.log10(value)),
  sgn: each((value) => (value < 0 ? -1 : value > 0 ? 1 : value)),
  sin: each((value) => Math.sin(value)),
  cos: each((value) => Math.cos(value)),
  tan: each((value) => Math.tan(value)),
  asin: each((value) => Math.asin(value)),
  acos: each((value) => Math.acos(value)),
  atan: each((value) => Math.atan(value)),
  sinh: each((value) => Math.sinh(value)),
  cosh: each((value) => Math.cosh(value)),
  tanh: each((value) => Math.tanh(value)),
  asinh: each((value) => Math.asinh(value)),
  acosh: each((value) => Math.acosh(value)),
  atanh: each((value) => Math.atanh(value)),
  deg: each((value) => (value * 180) / Math.PI),
  rad: each((value) => (value * Math.PI) / 180),
  round: {
    kind: 'each',
    args: ['vector', 'scalar'],
    optional: 1,
    each: (value, [nearest]) => round(value, nearest ?? 1),
  },
  clamp: {
    kind: 'each',
    args: ['vector', 'scalar', 'scalar'],
    each: (value, [low, high]) => (high! < low! ? undefined : most(low!, least(high!, value))),
  },
  clamp_min: { kind: 'each', args: ['vector', 'scalar'], each: (value, [low]) => most(low!, value) },
  clamp_max: { kind: 'each', args: ['vector', 'scalar'], each: (value, [high]) => least(high!, value) },
};
