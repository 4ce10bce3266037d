import { FUNCTIONS } from '../../promql/functions/table.ts';

const AGGREGATIONS = 'sum avg min max count topk bottomk quantile stddev stdvar group count_values'.split(' ');
const KEYWORDS = 'by without on ignoring group_left group_right offset bool and or unless'.split(' ');

/** What may stand in a query beside the names of metrics and labels, for the field that completes it. */
export function promqlWords(): { text: string; what: string }[] {
  const as = (what: string) => (text: string) => ({ text, what });
  return [
    ...[...FUNCTIONS.keys()].sort().map(as('function')),
    ...AGGREGATIONS.map(as('aggregation')),
    ...KEYWORDS.map(as('keyword')),
  ];
}
