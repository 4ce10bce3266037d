import type { SyntaxNode } from '@lezer/common';
import type { AggregateNode, BinaryNode, Matching, Node } from './ast.ts';
import { queryError } from './errors.ts';
import { MAX_NESTING, parseTree, tooDeep } from './grammar.ts';
import { parseNumber, parseString } from './literals.ts';
import { withMatrix, withOffset, withPin, withSubquery } from './postfix.ts';
import { parseVectorSelector } from './selector-node.ts';

/**
 * The syntax tree of a query. Throws HG_QUERY_SYNTAX (with line:column and what was expected), HG_QUERY_UNSUPPORTED (by name)
 * or HG_QUERY_LIMIT (too long, too deep). Types are checked apart, by checkTypes.
 */
export function parseQuery(query: string): Node {
  return new Builder(query).build(parseTree(query), 0);
}

class Builder {
  readonly #query: string;

  constructor(query: string) {
    this.#query = query;
  }

  build(tree: SyntaxNode, depth: number): Node {
    if (depth > MAX_NESTING) throw tooDeep();
    const at = tree.from;
    const next = (child: SyntaxNode | null) => this.build(child!, depth + 1);
    switch (tree.name) {
      case 'NumberDurationLiteral':
        return { kind: 'number', at, value: parseNumber(this.#text(tree), this.#query, at) };
      case 'StringLiteral':
        return { kind: 'string', at, value: parseString(this.#text(tree), this.#query, at) };
      case 'ParenExpr':
        return { kind: 'paren', at, inner: next(tree.firstChild) };
      case 'UnaryExpr':
        return {
          kind: 'unary',
          at,
          operator: this.#text(tree.firstChild!) === '-' ? '-' : '+',
          inner: next(tree.lastChild),
        };
      case 'VectorSelector':
        return parseVectorSelector(tree, this.#query);
      case 'MatrixSelector':
        return withMatrix(next(tree.firstChild), this.#query, tree);
      case 'SubqueryExpr':
        return withSubquery(next(tree.firstChild), this.#query, tree);
      case 'OffsetExpr':
        return withOffset(next(tree.firstChild), this.#query, tree);
      case 'StepInvariantExpr':
        return withPin(next(tree.firstChild), this.#query, tree);
      case 'FunctionCall':
        return {
          kind: 'call',
          at,
          name: this.#text(tree.firstChild!),
          args: children(tree.lastChild!).map((argument) => next(argument)),
        };
      case 'AggregateExpr':
        return this.#aggregate(tree, depth);
      case 'BinaryExpr':
        return this.#binary(tree, depth);
      default:
        throw queryError('HG_QUERY_UNSUPPORTED', this.#query, at, `${UNSUPPORTED[tree.name] ?? tree.name}`);
    }
  }

  #text(tree: SyntaxNode): string {
    return this.#query.slice(tree.from, tree.to);
  }

  #labels(tree: SyntaxNode): string[] {
    return children(tree).map((label) =>
      label.name === 'QuotedLabelName' ? parseString(this.#text(label), this.#query, label.from) : this.#text(label),
    );
  }

  #aggregate(tree: SyntaxNode, depth: number): AggregateNode {
    const operator = this.#text(tree.getChild('AggregateOp')!).toLowerCase();
    const modifier = tree.getChild('AggregateModifier');
    const args = children(tree.getChild('FunctionCallBody')!).map((argument) => this.build(argument, depth + 1));
    const parametric = PARAMETRIC.has(operator);
    const wanted = parametric ? 2 : 1;
    if (args.length !== wanted) {
      throw queryError(
        'HG_QUERY_SYNTAX',
        this.#query,
        tree.from,
        `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
      );
    }
    return {
      kind: 'aggregate',
      at: tree.from,
      operator,
      parameter: parametric ? args[0] : undefined,
      inner: args.at(-1)!,
      grouping: modifier === null ? [] : this.#labels(modifier.getChild('GroupingLabels')!),
      without: modifier?.getChild('Without') != null,
    };
  }

  #binary(tree: SyntaxNode, depth: number): Node {
    const parts = children(tree);
    const [leftTree, operatorTree] = [parts[0]!, parts[1]!];
    const operator = this.#text(operatorTree).toLowerCase();
    if (tree.getChild('FillModifier') !== null) {
      throw queryError(
        'HG_QUERY_UNSUPPORTED',
        this.#query,
        tree.getChild('FillModifier')!.from,
        'the modifiers fill, fill_left and fill_right',
      );
    }
    if (operator === '</' || operator === '>/') {
      throw queryError('HG_QUERY_UNSUPPORTED', this.#query, operatorTree.from, `the operator ${operator}`);
    }
    const left = this.build(leftTree, depth + 1);
    const node: BinaryNode = {
      kind: 'binary',
      at: operatorTree.from,
      operator,
      left,
      right: this.build(parts.at(-1)!, depth + 1),
      bool: tree.getChild('BoolModifier') !== null,
      matching: this.#matching(tree.getChild('MatchingModifierClause')),
    };
    // The grammar takes a sign into a number; -2 ^ 2 is -(2 ^ 2) all the same.
    const signed = /^[+-]/.exec(this.#text(leftTree));
    if (operator !== '^' || leftTree.name !== 'NumberDurationLiteral' || left.kind !== 'number' || signed === null)
      return node;
    const bare = { ...left, value: signed[0] === '-' ? -left.value : left.value };
    return {
      kind: 'unary',
      at: leftTree.from,
      operator: signed[0] === '-' ? '-' : '+',
      inner: { ...node, left: bare },
    };
  }

  #matching(clause: SyntaxNode | null): Matching {
    if (clause === null) return { on: false, labels: [], many: undefined, include: [], stated: false };
    const lists = clause.getChildren('GroupingLabels');
    return {
      on: clause.getChild('On') !== null,
      labels: this.#labels(lists[0]!),
      many:
        clause.getChild('GroupLeft') !== null ? 'left' : clause.getChild('GroupRight') !== null ? 'right' : undefined,
      include: lists[1] === undefined ? [] : this.#labels(lists[1]),
      stated: true,
    };
  }
}

const PARAMETRIC: ReadonlySet<string> = new Set([
  'topk',
  'bottomk',
  'quantile',
  'count_values',
  'limitk',
  'limit_ratio',
]);
const UNSUPPORTED: Readonly<Record<string, string>> = {
  AnchoredExpr: 'the modifier anchored',
  SmoothedExpr: 'the modifier smoothed',
};

function children(tree: SyntaxNode): SyntaxNode[] {
  const all: SyntaxNode[] = [];
  for (let child = tree.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'LineComment') all.push(child);
  }
  return all;
}
