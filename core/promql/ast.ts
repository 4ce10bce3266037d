import type { Matcher } from '../ports/metric-store.ts';

/** The syntax tree of a query. `at` is the offset of the node's first character, for error messages. Times are ms. */
export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

/** The `@` modifier: a fixed time, or the start or end of the query's range. */
export type Pin = number | 'start' | 'end';

export interface NumberNode {
  readonly kind: 'number';
  readonly at: number;
  readonly value: number;
}
export interface StringNode {
  readonly kind: 'string';
  readonly at: number;
  readonly value: string;
}
export interface SelectorNode {
  readonly kind: 'selector';
  readonly at: number;
  readonly matchers: readonly Matcher[];
  /** The metric name when it stands before the braces. */
  readonly name: string | undefined;
  readonly offset: number;
  readonly pin: Pin | undefined;
  /** anchored, smoothed: how a range looks beyond its edges. */
  readonly edges: 'anchored' | 'smoothed' | undefined;
}
export interface MatrixNode {
  readonly kind: 'matrix';
  readonly at: number;
  readonly selector: SelectorNode;
  readonly range: number;
}
export interface SubqueryNode {
  readonly kind: 'subquery';
  readonly at: number;
  readonly inner: Node;
  readonly range: number;
  /** undefined: the default resolution. */
  readonly step: number | undefined;
  readonly offset: number;
  readonly pin: Pin | undefined;
}
export interface CallNode {
  readonly kind: 'call';
  readonly at: number;
  readonly name: string;
  readonly args: readonly Node[];
}
export interface AggregateNode {
  readonly kind: 'aggregate';
  readonly at: number;
  readonly operator: string;
  readonly parameter: Node | undefined;
  readonly inner: Node;
  readonly grouping: readonly string[];
  readonly without: boolean;
}
export interface Matching {
  /** true: on(labels); false: ignoring(labels), which is also what no clause at all means. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Which side may have many: 'left' is group_left. */
  readonly many: 'left' | 'right' | undefined;
  readonly include: readonly string[];
  /** What a side that has no partner counts as, where that is stated. */
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}
export interface BinaryNode {
  readonly kind: 'binary';
  readonly at: number;
  readonly operatorAt: number;
  readonly operator: string;
  readonly left: Node;
  readonly right: Node;
  readonly bool: boolean;
  readonly matching: Matching;
}
export interface UnaryNode {
  readonly kind: 'unary';
  readonly at: number;
  readonly operator: '+' | '-';
  readonly inner: Node;
}
export interface ParenNode {
  readonly kind: 'paren';
  readonly at: number;
  readonly inner: Node;
}
export type Node =
  | NumberNode
  | StringNode
  | SelectorNode
  | MatrixNode
  | SubqueryNode
  | CallNode
  | AggregateNode
  | BinaryNode
  | UnaryNode
  | ParenNode;

/** The node inside any number of parentheses. */
export function unwrap(node: Node): Node {
  let inner = node;
  while (inner.kind === 'paren') inner = inner.inner;
  return inner;
}
