import type { Registry } from '../metrics.ts';
import { isShared } from './order.ts';
import type { SeriesLimits } from './series-limits.ts';

/**
 * What a tier's limits are doing, as metrics.
 * @param prefix of their names: `heliograph_relay` @param refused orders, and files of them, that are not in force
 */
export function limitMetrics(limits: SeriesLimits, prefix: string, refused: () => number, metrics: Registry): void {
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.gauge(`${prefix}_series${name}`, help).collect(() => [[{}, read()]]);
  gauge('', 'Different series that live, about.', () => limits.total.count);
  gauge('_new_hour', 'Of them new within an hour, about.', () => limits.total.newInHour);
  gauge('_new_day', 'Of them new within a day, about.', () => limits.total.newInDay);
  gauge('_admitted', 'Series that may go on as they are.', () => limits.figures.admitted);
  gauge('_folded', 'Different series that fold into an overflow series, about.', () => limits.figures.folded);
  gauge('_blocked', 'Different series whose samples an order blocks, about.', () => limits.figures.blocked);
  gauge('_growing', 'Metrics and hosts whose series grow abnormally now.', () => limits.growing.length);
  gauge('_orders', 'Blocks and caps in force.', () => limits.orders.length);
  const caps = () => limits.orders.filter(({ kind }) => kind === 'cap');
  metrics
    .gauge(`${prefix}_series_cap_most`, 'Series of a metric that this process may let go on, by cap in force.')
    .collect(() => caps().map(({ id, most }) => [{ order: id }, most ?? 0]));
  metrics
    .gauge(`${prefix}_series_cap_met`, 'Different series that met a cap over all hosts, about, by cap in force.')
    .collect(() =>
      caps()
        .filter(isShared)
        .map(({ id }) => [{ order: id }, limits.met(id)]),
    );
  gauge('_orders_refused', 'Orders and files of orders that cannot be used and are not in force.', refused);
  gauge('_limit_bytes', 'Memory of the tables and sketches.', () => limits.figures.bytes);
}
