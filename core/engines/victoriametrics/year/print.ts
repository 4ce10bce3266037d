import type { AggregateNode, BinaryNode, Node, Pin, SelectorNode, SubqueryNode } from '../../../promql/ast.ts';
import { formatValue } from '../../../promql/format.ts';

/** How a node is written; undefined: as it is. The text binds as one operand. */
export type Replace = (node: Node) => string | undefined;

/** A query as text that VictoriaMetrics reads; `replace` is asked for every node before its parts. */
export function printQuery(node: Node, replace: Replace = () => undefined): string {
  const print = (inner: Node) => printQuery(inner, replace);
  const replaced = replace(node);
  if (replaced !== undefined) return replaced;
  switch (node.kind) {
    case 'number':
      return printNumber(node.value);
    case 'string':
      return JSON.stringify(node.value);
    case 'selector':
      return printSelector(node) + printShift(node);
    case 'matrix':
      return `${printSelector(node.selector)}[${printDuration(node.range)}]${printShift(node.selector)}`;
    case 'subquery':
      return printSubquery(print(node.inner), node);
    case 'call':
      return `${node.name}(${node.args.map(print).join(', ')})`;
    case 'aggregate':
      return printAggregate(node, print);
    case 'binary':
      return printBinary(node, print);
    case 'unary':
      return node.operator === '-' ? `(-${print(node.inner)})` : print(node.inner);
    case 'paren':
      return `(${print(node.inner)})`;
  }
}

/** Without offset and `@`. */
export function printSelector({ matchers }: Pick<SelectorNode, 'matchers'>): string {
  return `{${matchers.map(({ name, operator, value }) => `${name}${operator}${JSON.stringify(value)}`).join(', ')}}`;
}

export function printSubquery(inner: string, node: Pick<SubqueryNode, 'range' | 'step' | 'offset' | 'pin'>): string {
  const step = node.step === undefined ? '' : printDuration(node.step);
  return `(${inner})[${printDuration(node.range)}:${step}]${printShift(node)}`;
}

export function printShift({ offset, pin }: { readonly offset: number; readonly pin: Pin | undefined }): string {
  const shift = offset === 0 ? '' : ` offset ${offset < 0 ? '-' : ''}${printDuration(Math.abs(offset))}`;
  const at = pin === undefined ? '' : ` @ ${typeof pin === 'number' ? pin / 1_000 : `${pin}()`}`;
  return shift + at;
}

function printDuration(ms: number): string {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const) {
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

function printNumber(value: number): string {
  const text = formatValue(value).replace('+', '');
  return value < 0 ? `(${text})` : text;
}

function printAggregate(node: AggregateNode, print: (node: Node) => string): string {
  const { operator, parameter, inner, grouping, without } = node;
  const by = without || grouping.length > 0 ? ` ${without ? 'without' : 'by'} (${grouping.join(', ')}) ` : '';
  return `${operator}${by}(${parameter === undefined ? '' : `${print(parameter)}, `}${print(inner)})`;
}

function printBinary(node: BinaryNode, print: (node: Node) => string): string {
  const { operator, left, right, bool, matching } = node;
  const { on, labels, many, include } = matching;
  const match = on || labels.length > 0 ? ` ${on ? 'on' : 'ignoring'} (${labels.join(', ')})` : '';
  const group = many === undefined ? '' : ` group_${many} (${include.join(', ')})`;
  return `(${print(left)} ${operator}${bool ? ' bool' : ''}${match}${group} ${print(right)})`;
}
