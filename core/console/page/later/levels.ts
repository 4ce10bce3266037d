import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { LevelsView, LevelTold } from '../../../fleet/level-answer.ts';
import { ask, request } from '../api.ts';
import { h } from '../element.ts';
import { formatCount, formatSpan, formatTime } from '../format.ts';
import type { ViewProps } from '../lazy-view.ts';
import { Loading, Trouble } from '../parts/message.ts';
import { table } from '../parts/table.ts';
import { useAsk } from '../use-ask.ts';
import { LevelForm } from './level-form.ts';
import { bearer } from './limits-answer.ts';
import { TokenField } from './token-field.ts';

const REFRESH_MS = 2_000;
type Shown = LevelsView['orders'][number];

/** Log levels for a time: what is ordered, by whom and why, and a way to order and to lift. */
export function Levels(_: ViewProps): VNode {
  const [turn, again] = useState(0);
  const [failed, fail] = useState<Error | null>(null);
  const { data, error } = useAsk(
    `levels ${turn}`,
    (signal) => ask<LevelsView>('/api/v1/levels', {}, signal),
    REFRESH_MS,
  );
  const done = () => again((before) => before + 1);
  const lift = async (id: string) => {
    try {
      const path = `/api/v1/levels/${encodeURIComponent(id)}`;
      await request<LevelTold>(path, { method: 'DELETE', headers: bearer() });
      fail(null);
    } catch (thrown) {
      fail(thrown as Error);
    }
    done();
  };
  const head = [
    h('h1', null, 'Levels'),
    h(
      'p',
      'quiet',
      'The lowest level that services of hosts send, for a time. Everything else goes by the hosts’ own configuration.',
    ),
  ];
  if (!data) return h('section', 'limits', head, error ? h(Trouble, { error }) : h(Loading, { what: 'the levels' }));
  const { time, orders } = data;
  const trouble = failed ?? error;
  return h(
    'section',
    'limits',
    head,
    trouble ? h(Trouble, { error: trouble }) : null,
    h(TokenField, { scope: 'levels:write' }),
    h('h2', null, 'In force'),
    inForce(
      orders.filter((order) => order.inForce),
      time,
      (id) => void lift(id),
    ),
    h('h2', null, 'Order'),
    h(LevelForm, { onDone: done }),
    over(
      orders.filter((order) => !order.inForce),
      time,
    ),
  );
}

function inForce(orders: readonly Shown[], now: number, lift: (id: string) => void): VNode {
  if (orders.length === 0) return h('p', 'nothing', 'None.');
  return table(
    'Levels in force',
    ['Level', 'Service', 'Host', 'Hosts', 'By', 'Since', 'Until', 'Why', ''],
    orders.map((order) => [
      ...cells(order),
      formatTime(order.at, now),
      `in ${formatSpan(order.until - now)}`,
      order.why,
      h(
        'button',
        { type: 'button', 'aria-label': `Lift ${order.service} on ${order.host}`, onClick: () => lift(order.id) },
        'Lift',
      ),
    ]),
    [],
  );
}

function over(orders: readonly Shown[], now: number): VNode | null {
  if (orders.length === 0) return null;
  return h(
    'details',
    null,
    h('summary', null, `${orders.length} that are over`),
    table(
      'Levels that are over',
      ['Level', 'Service', 'Host', 'Hosts', 'By', 'Since', 'Ended', 'Why'],
      orders.map((order) => [
        ...cells(order),
        formatTime(order.at, now),
        order.lifted
          ? `lifted by ${order.lifted.by} ${formatTime(order.lifted.at, now)}`
          : formatTime(order.until, now),
        order.why,
      ]),
      [],
    ),
  );
}

const cells = ({ level, service, host, hosts, by }: Shown) => [
  level,
  h('code', null, service),
  h('code', null, host),
  formatCount(hosts),
  by,
];
