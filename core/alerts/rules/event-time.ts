import { METRIC_NAME } from '../../../lib/promql/matcher.ts';
import { selectorText } from '../../../lib/promql/selector-text.ts';
import type { AggregateNode, Node } from '../../promql/ast.ts';
import { parseQuery } from '../../promql/parse.ts';
import { labelsKey } from './labels-key.ts';

/** Functions after which a series is another one, or is there because nothing is. */
const OTHER: ReadonlySet<string> = new Set([
  'absent',
  'absent_over_time',
  'label_replace',
  'label_join',
  'info',
  'vector',
]);

/**
 * A query for when the newest samples are from that a rule's series stand on, with the same labels as these but for the name: for an expression
 * over one selector, whatever is calculated from it. Null: there is none that costs no more than the rule.
 */
export function eventTimeQuery(expression: string): string | null {
  const groupings: AggregateNode[] = [];
  let node: Node = parseQuery(expression);
  for (;;) {
    switch (node.kind) {
      case 'paren':
      case 'unary':
        node = node.inner;
        break;
      case 'binary': {
        const [left, right] = [node.left, node.right].map(isConstant);
        if (left === right) return null;
        node = left ? node.right : node.left;
        break;
      }
      case 'call': {
        const inner = node.args.filter((one) => !isConstant(one));
        if (OTHER.has(node.name) || inner.length !== 1) return null;
        node = inner[0]!;
        break;
      }
      case 'aggregate':
        groupings.push(node);
        node = node.inner;
        break;
      case 'matrix':
        node = node.selector;
        break;
      case 'selector': {
        if (node.offset !== 0 || node.pin !== undefined) return null;
        let text = `timestamp(${selectorText(node.matchers)})`;
        for (const one of groupings.reverse()) {
          // Those that pick series keep their labels.
          if (['topk', 'bottomk', 'limitk', 'limit_ratio'].includes(one.operator)) continue;
          if (one.operator === 'count_values') return null;
          text = `max ${one.without ? 'without' : 'by'} (${one.grouping.join(',')}) (${text})`;
        }
        return text;
      }
      default:
        return null;
    }
  }
}

function isConstant(node: Node): boolean {
  if (node.kind === 'paren' || node.kind === 'unary') return isConstant(node.inner);
  if (node.kind === 'number' || node.kind === 'string') return true;
  return node.kind === 'call' && (node.name === 'time' || node.name === 'pi');
}

/** What names a series whatever was calculated from it: its labels but the name. */
export function nameless({ [METRIC_NAME]: _, ...labels }: Readonly<Record<string, string>>): string {
  return labelsKey(labels);
}
