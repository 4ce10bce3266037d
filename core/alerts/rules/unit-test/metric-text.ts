import { METRIC_NAME } from '../../../../lib/promql/matcher.ts';
import { parseMatchers } from '../../../../lib/promql/selector.ts';
import { TokenCursor } from '../../../../lib/promql/token-cursor.ts';
import { isMetricKeyword, tokenize } from '../../../../lib/promql/tokens.ts';

/** The labels of a series as it is written: `up{job="node"}`, `{}`, with its name as `__name__`. @throws HeliographError HG_QUERY_SYNTAX */
export function metricOf(text: string): Record<string, string> {
  const cursor = new TokenCursor(text, tokenize(text));
  const { kind, word, at } = cursor.peek();
  const named = kind === 'identifier' || kind === 'metric' || (kind === 'keyword' && isMetricKeyword(word));
  if (!named && !cursor.is('{')) throw cursor.wrong(at, 'expected a series such as up{job="node"}');
  const name = named ? cursor.take().text : undefined;
  const matchers = parseMatchers(cursor, name);
  if (cursor.peek().kind !== 'end') throw cursor.unexpected();
  const labels: Record<string, string> = {};
  for (const { name: label, operator, value } of matchers) {
    if (operator !== '=') throw cursor.wrong(at, `a series has labels with "=", not "${operator}"`);
    if (Object.hasOwn(labels, label)) {
      const what = label === METRIC_NAME ? 'metric name' : `label ${label}`;
      throw cursor.wrong(at, `the ${what} stands there twice`);
    }
    if (value !== '') labels[label] = value;
  }
  return labels;
}
