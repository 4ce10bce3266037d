import type { Node } from './ast.ts';

/** Functions whose value depends on the step even where their arguments do not. */
const OF_THE_STEP: ReadonlySet<string> = new Set(
  'days_in_month day_of_month day_of_week day_of_year hour minute month year predict_linear time timestamp'.split(' '),
);

/** Is a part of a query the same at every step? Prometheus evaluates it once then. */
export function isStepInvariant(node: Node): boolean {
  switch (node.kind) {
    case 'number':
    case 'string':
      return true;
    case 'selector':
    case 'subquery':
      return node.pin !== undefined;
    case 'matrix':
      return node.selector.pin !== undefined;
    case 'paren':
    case 'unary':
      return isStepInvariant(node.inner);
    case 'aggregate':
      return isStepInvariant(node.inner) && (node.parameter === undefined || isStepInvariant(node.parameter));
    case 'binary':
      return isStepInvariant(node.left) && isStepInvariant(node.right);
    case 'call':
      return !OF_THE_STEP.has(node.name) && node.args.every(isStepInvariant);
  }
}
