import type { KeptOrder, LimitsView } from '../../core/limits/answer.ts';
import { table } from '../terminal/table.ts';
import { printable, spanText, timeText } from '../terminal/text.ts';
import { heldText } from './held-text.ts';

/** Orders for a person, the newest first. @param over with those that ended */
export function ordersText(view: LimitsView, over: boolean): string {
  const now = view.time;
  const shown = view.orders.filter((order) => over || endOf(order, now) === null);
  const list =
    shown.length === 0
      ? `no block or cap ${over ? 'was given' : 'is in force'} through this core; relays may have some in files of their own`
      : table([
          ['ID', 'WHAT', 'SERIES', 'BY', 'SINCE', 'UNTIL', 'WHY'],
          ...shown.map((order) => [
            order.id,
            order.kind === 'block' ? 'block' : `cap ${order.most}${order.perHost ? ' a host' : ''}`,
            printable(order.match),
            printable(order.by),
            timeText(order.at),
            endOf(order, now) ?? (order.until === null ? 'it is lifted' : `in ${spanText(order.until - now)}`),
            printable(order.why),
          ]),
        ]);
  const doors = view.doors ? '' : '\ndoors of the core count no series (no section cardinality)';
  return `${list}\n\n${heldText(view)}${doors}`;
}

/** How it ended, in words; null: it is in force. */
function endOf({ lifted, until }: KeptOrder, now: number): string | null {
  if (lifted) return `lifted by ${printable(lifted.by)} ${timeText(lifted.at)}`;
  return until !== null && until <= now ? `ended ${timeText(until)}` : null;
}
