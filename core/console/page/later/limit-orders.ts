import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { KeptOrder } from '../../../limits/answer.ts';
import { h } from '../element.ts';
import { formatCount, formatSpan, formatTime } from '../format.ts';
import { Trouble } from '../parts/message.ts';
import { table } from '../parts/table.ts';
import { liftOrder } from './limits-answer.ts';

interface Props {
  readonly orders: readonly KeptOrder[];
  /** The core's clock, ms. */
  readonly now: number;
  readonly onDone: () => void;
}

/** Blocks and caps in force, each with a way to end it, and those that are over. */
export function LimitOrders({ orders, now, onDone }: Props): VNode {
  const [asked, ask] = useState<string | null>(null);
  const [error, fail] = useState<Error | null>(null);
  const lift = async (id: string) => {
    try {
      await liftOrder(id);
      fail(null);
    } catch (thrown) {
      fail(thrown as Error);
    }
    ask(null);
    onDone();
  };
  const inForce = orders.filter((order) => ended(order, now) === null);
  const over = orders.filter((order) => ended(order, now) !== null);
  const button = (order: KeptOrder) =>
    asked === order.id
      ? h(
          'span',
          { class: 'actions', role: 'alertdialog', 'aria-label': 'Confirm' },
          h('button', { type: 'button', class: 'primary', onClick: () => void lift(order.id) }, 'Lift'),
          h('button', { type: 'button', onClick: () => ask(null) }, 'Cancel'),
        )
      : h('button', { type: 'button', 'aria-label': `Lift ${order.match}`, onClick: () => ask(order.id) }, 'Lift …');
  return h(
    'div',
    null,
    error ? h(Trouble, { error }) : null,
    inForce.length === 0
      ? h('p', 'nothing', 'None. Relays may have some in files of their own.')
      : table(
          'Orders in force',
          ['What', 'Series', 'By', 'Since', 'Until', 'Why', ''],
          inForce.map((order) => [
            what(order),
            h('code', null, order.match),
            order.by,
            formatTime(order.at, now),
            order.until === null ? 'it is lifted' : `in ${formatSpan(order.until - now)}`,
            order.why,
            button(order),
          ]),
          [],
        ),
    over.length === 0
      ? null
      : h(
          'details',
          null,
          h('summary', null, `${over.length} that are over`),
          table(
            'Orders that are over',
            ['What', 'Series', 'By', 'Since', 'Ended', 'Why'],
            over.map((order) => [
              what(order),
              h('code', null, order.match),
              order.by,
              formatTime(order.at, now),
              ended(order, now)!,
              order.why,
            ]),
            [],
          ),
        ),
  );
}

function what({ kind, most, perHost }: KeptOrder): string {
  return kind === 'block' ? 'block' : `cap at ${formatCount(most ?? 0)}${perHost ? ' a host' : ''}`;
}

/** How, in words; null: it is in force. */
function ended({ lifted, until }: KeptOrder, now: number): string | null {
  if (lifted) return `lifted by ${lifted.by}, ${formatTime(lifted.at, now)}`;
  return until !== null && until <= now ? formatTime(until, now) : null;
}
