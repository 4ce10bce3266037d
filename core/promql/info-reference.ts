import type { Node, Pin } from './ast.ts';
import type { Context } from './context.ts';

/** When a selector is read: at a fixed time or the step's, less the offset. All ms. */
export interface Reference {
  readonly offset: number;
  readonly pin: number | undefined;
}

/**
 * The times at which info() reads the info series: those of its first argument, where all selectors in there are read at the same
 * ones; otherwise the steps' own.
 */
export function infoReference(node: Node, context: Context): Reference {
  const found: Reference[] = [];
  const uniform = collect(node, { offset: 0, pin: undefined }, context, found);
  const first = found[0];
  const same = found.every((one) => one.pin === first!.pin && one.offset === first!.offset);
  return uniform === true && first !== undefined && same ? first : { offset: 0, pin: undefined };
}

/** undefined: no selector in there; false: a part of it is read at the step's own time. */
function collect(node: Node, outer: Reference, context: Context, found: Reference[]): boolean | undefined {
  switch (node.kind) {
    case 'selector':
      found.push(within(node.offset, node.pin, outer, context));
      return true;
    case 'matrix':
      return collect(node.selector, outer, context, found);
    case 'paren':
    case 'unary':
      return collect(node.inner, outer, context, found);
    case 'subquery':
      return collect(node.inner, within(node.offset, node.pin, outer, context), context, found);
    case 'aggregate':
      return collect(node.inner, outer, context, found);
    case 'binary':
      return all([node.left, node.right], outer, context, found);
    case 'call':
      if (node.name === 'scalar' || node.name === 'time') return undefined;
      if (node.name === 'vector') return false;
      return all(node.name === 'info' ? node.args.slice(0, 1) : node.args, outer, context, found);
    default:
      return undefined;
  }
}

function all(nodes: readonly Node[], outer: Reference, context: Context, found: Reference[]): boolean | undefined {
  const parts = nodes.map((node) => collect(node, outer, context, found)).filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : !parts.includes(false);
}

/** Offsets add up until a fixed time makes what is around it irrelevant; a fixed time less its offset is another fixed time. */
function within(offset: number, pin: Pin | undefined, outer: Reference, context: Context): Reference {
  const fixed = pin === 'start' ? context.start : pin === 'end' ? context.end : pin;
  if (fixed !== undefined) return { offset: 0, pin: fixed - offset };
  if (outer.pin !== undefined) return { offset: 0, pin: outer.pin - offset };
  return { offset: outer.offset + offset, pin: undefined };
}
