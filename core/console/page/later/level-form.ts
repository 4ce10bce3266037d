import type { VNode } from 'preact';
import type { LevelTold } from '../../../fleet/level-answer.ts';
import { request } from '../api.ts';
import { h } from '../element.ts';
import { bearer } from './limits-answer.ts';
import { field, type Spans, spanChoice, submitButton, useOrderForm } from './order-form.ts';

const LEVELS = ['debug', 'info', 'warning', 'error', 'fatal', 'trace'];
const SPANS: Spans = [
  ['10m', 'for ten minutes'],
  ['1h', 'for an hour'],
  ['1d', 'for a day'],
  ['7d', 'for a week'],
];

/** Orders a level for a time. */
export function LevelForm({ onDone }: { readonly onDone: () => void }): VNode {
  const { busy, told, onSubmit } = useOrderForm(async ({ text }) => {
    const { order, hosts } = await request<LevelTold>('/api/v1/levels', {
      method: 'POST',
      headers: { ...bearer(), 'content-type': 'application/json' },
      body: JSON.stringify({
        level: text('level'),
        service: text('service') || '*',
        host: text('host'),
        why: text('why'),
        for: text('span'),
      }),
    });
    return `${order.service} on ${order.host} sends ${order.level} and above: ${hosts} of the hosts of now, by ${order.by}.`;
  }, onDone);
  return h(
    'form',
    { class: 'limit-form', onSubmit },
    h(
      'select',
      { name: 'level', 'aria-label': 'Level' },
      LEVELS.map((level) => h('option', { value: level }, level)),
    ),
    field('Service', { name: 'service', placeholder: 'service, or pay*; all' }),
    field('Host', { name: 'host', required: true, placeholder: 'host, or web*' }),
    spanChoice(SPANS),
    field('Why', { name: 'why', class: 'wide', placeholder: 'why, for whoever finds it later' }),
    submitButton(busy, 'Order'),
    told,
    h(
      'p',
      'quiet',
      'It ends by itself, also at hosts that cannot be reached then. Of several that fit, the one given last is in force.',
    ),
  );
}
