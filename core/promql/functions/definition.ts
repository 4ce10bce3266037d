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
  /** With `variadic`: no more arguments than these. */
  readonly most?: number;
}

/** Of a window to a value; undefined: none. Scalar arguments come in `parameters`, in their order. */
export interface RangeFunction extends Signature {
  readonly kind: 'range';
  readonly keepsName?: boolean;
  /** It means something for counters only: for other names the answer has a note. */
  readonly counter?: boolean;
  /** It can tell what lies beyond the window's edges (see extended.ts). */
  readonly extended?: ExtendedFunction;
  /** What to say about a scalar argument of the call, where a series has samples at a step. */
  warn?(parameters: readonly number[]): string | undefined;
  range(window: Window, parameters: readonly number[]): number | undefined;
}

/** Of a window that goes beyond its edges, under `anchored` or `smoothed`. */
export type ExtendedFunction = (window: Window, smoothed: boolean) => number | undefined;

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
