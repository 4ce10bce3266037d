import type { BinaryNode } from './ast.ts';
import type { Context } from './context.ts';

/** The operators </ and >/ cut native histograms. A number has nothing to cut: there is no result, and a note that says so. */
export function noteTrim({ operator, at }: BinaryNode, { annotations }: Context): void {
  annotations.inform(
    `incompatible sample types encountered for binary operator "${operator}": float ${operator} float`,
    at,
  );
}
