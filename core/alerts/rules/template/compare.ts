import { FillTrouble } from './trouble.ts';
import { typeOf, type Value } from './values.ts';

const isBasic = (value: Value): value is string | boolean | number | bigint =>
  value !== null && ['string', 'boolean', 'number', 'bigint'].includes(typeof value);

const isNothing = (value: Value) => value === null || value === undefined;

/** Whether the first equals one of the others. An `int` and a `float64` cannot be compared, as in Go: write 5.0. @throws FillTrouble */
export function equal(first: Value, others: readonly Value[]): boolean {
  if (others.length === 0) throw new FillTrouble('missing argument for comparison');
  return others.some((other) => {
    if (isNothing(first) || isNothing(other)) return isNothing(first) && isNothing(other);
    if (typeOf(first) !== typeOf(other)) throw incompatible(first, other);
    if (isBasic(first)) return first === other;
    throw new FillTrouble(`non-comparable type ${typeOf(first)}`);
  });
}

/** -1 for less, 1 for more, 0 for equal, NaN for what is neither. @throws FillTrouble */
export function compare(left: Value, right: Value): number {
  if (!isBasic(left) || !isBasic(right)) throw new FillTrouble('invalid type for comparison');
  if (typeof left !== typeof right) throw incompatible(left, right);
  if (typeof left === 'boolean') throw new FillTrouble('invalid type for comparison');
  if (typeof left === 'string') return Math.sign(Buffer.compare(Buffer.from(left), Buffer.from(right as string)));
  const other = right as typeof left;
  return left < other ? -1 : left > other ? 1 : left === other ? 0 : Number.NaN;
}

function incompatible(left: Value, right: Value): FillTrouble {
  return new FillTrouble(`incompatible types for comparison: ${typeOf(left)} and ${typeOf(right)}`);
}
