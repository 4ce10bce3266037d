import type { CallNode } from '../ast.ts';
import { unwrap } from '../ast.ts';
import type { Context } from '../context.ts';
import { executionError } from '../errors.ts';
import type { VectorValue } from '../value.ts';

/** Arguments of a call by type. The types were checked before; a mismatch here would be a fault of the evaluator. */
export function vectorArgument(call: CallNode, index: number, context: Context): VectorValue {
  const value = context.evaluate(call.args[index]!, context);
  if (value.type !== 'vector') throw executionError(`argument ${index + 1} of ${call.name} is no instant vector`);
  return value;
}

export function scalarArgument(call: CallNode, index: number, context: Context): Float64Array {
  const value = context.evaluate(call.args[index]!, context);
  if (value.type !== 'scalar') throw executionError(`argument ${index + 1} of ${call.name} is no scalar`);
  return value.values;
}

export function stringArgument(call: CallNode, index: number): string {
  const node = unwrap(call.args[index]!);
  if (node.kind !== 'string') throw executionError(`argument ${index + 1} of ${call.name} is no string`);
  return node.value;
}
