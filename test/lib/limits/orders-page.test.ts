import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../lib/config/load.ts';
import { cardinalityConfig } from '../../../lib/limits/config.ts';
import { orderList } from '../../../lib/limits/order-list.ts';

test('the examples of the page are files that are taken', () => {
  const blocks = [...readFileSync('docs/cardinality.md', 'utf8').matchAll(/```yaml\n(.*?)```/gs)].map(
    ([, text]) => text!,
  );
  const orders = blocks.find((text) => text.startsWith('# orders.yaml'))!;
  expect(parseConfig('orders.yaml', orders, orderList)).toHaveLength(2);
  const relay = blocks.find((text) => text.startsWith('# relay.yaml'))!;
  const section = relay.replace(/^[^\n]*\ncardinality:\n/, '').replaceAll(/^ {2}/gm, '');
  expect(parseConfig('relay.yaml', section, cardinalityConfig)).toMatchObject({ perMetricOfHost: 10_000 });
});
