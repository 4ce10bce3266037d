/** The binary operators over two numbers. */
const ARITHMETIC: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': power,
  atan2: Math.atan2,
};

/** How tightly an operator binds; a sign binds as * does. */
export const OPERATOR_LEVELS: ReadonlyMap<string, number> = new Map([
  ['or', 1],
  ['and', 2],
  ['unless', 2],
  ...['==', '!=', '<', '>', '<=', '>=', '</', '>/'].map((operator): [string, number] => [operator, 3]),
  ['+', 4],
  ['-', 4],
  ...['*', '/', '%', 'atan2'].map((operator): [string, number] => [operator, 5]),
  ['^', 6],
]);
export const UNARY_LEVEL = 5;

const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => left < right,
  '>': (left, right) => left > right,
  '<=': (left, right) => left <= right,
  '>=': (left, right) => left >= right,
};

/** IEEE 754's pow, as Go has it: 1 to any power is 1, even NaN, and so is -1 to an infinite one. */
export function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
  return base ** exponent;
}

export function isComparison(operator: string): boolean {
  return Object.hasOwn(COMPARISONS, operator);
}

/** The operators over native histograms alone. */
export function isTrim(operator: string): boolean {
  return operator === '</' || operator === '>/';
}

export function isSetOperator(operator: string): boolean {
  return operator === 'and' || operator === 'or' || operator === 'unless';
}

/** The operator as a function; a comparison answers 1 or 0. */
export function operate(operator: string): (left: number, right: number) => number {
  const compare = COMPARISONS[operator];
  if (compare !== undefined) return (left, right) => (compare(left, right) ? 1 : 0);
  return ARITHMETIC[operator]!;
}
