import type { CallNode, ValueType } from '../ast.ts';
import type { Context } from '../context.ts';
import type { Value } from '../value.ts';

/** The samples [from, to) of `times` and `values` that lie in (start, end], at least one. All times ms. */
export interface Window {
  times: Float64Array;
  values: Float64Array;
  from: number;
  to: number;
  start: number;
  end: number;
  /** The step's time, which is `end` unless there is an offset. */
  step: number;
}

interface Signature {
  readonly args: readonly ValueType[];
  /** How many of the last arguments may be left out. */
  readonly optional?: number;
  /** The last argument may be repeated. */
  readonly variadic?: boolean;
}

/** Of a window to a value; undefined: none. Scalar arguments come in `parameters`, in their order. */
export interface RangeFunction extends Signature {
  readonly kind: 'range';
  readonly keepsName?: boolean;
  range(window: Window, parameters: readonly number[]): number | undefined;
}

/** Of one value of a vector to another, series by series; undefined: none. */
export interface EachFunction extends Signature {
  readonly kind: 'each';
  each(value: number, parameters: readonly number[]): number | undefined;
}

/** Anything else: evaluates its arguments itself. */
export interface WholeFunction extends Signature {
  readonly kind: 'whole';
  readonly returns: ValueType;
  whole(call: CallNode, context: Context): Value;
}

export type FunctionDefinition = RangeFunction | EachFunction | WholeFunction;
export type FunctionTable = Readonly<Record<string, FunctionDefinition>>;
