import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { h } from '../element.ts';
import { giveOrder } from './limits-answer.ts';
import { field, type Spans, spanChoice, submitButton, useOrderForm } from './order-form.ts';

const SPANS: Spans = [
  ['1h', 'for an hour'],
  ['1d', 'for a day'],
  ['7d', 'for a week'],
  ['', 'until it is lifted'],
];

interface Props {
  /** To begin with. */
  readonly selector: string;
  readonly onDone: () => void;
}

/** Gives a block or a cap. */
export function LimitForm({ selector, onDone }: Props): VNode {
  const [kind, choose] = useState<'block' | 'cap'>('block');
  const { busy, told, onSubmit } = useOrderForm(async ({ text, has }) => {
    const span = text('span');
    const { order } = await giveOrder({
      [kind]: text('selector'),
      ...(kind === 'cap' ? { most: Number(text('most')), perHost: has('perHost') } : {}),
      why: text('why'),
      ...(span === '' ? {} : { for: span }),
    });
    return `${order.kind === 'block' ? 'Blocked' : 'Capped'}: ${order.match}, by ${order.by}.`;
  }, onDone);
  return h(
    'form',
    { class: 'limit-form', onSubmit },
    h(
      'select',
      {
        name: 'kind',
        'aria-label': 'What',
        value: kind,
        onChange: (event: Event) => choose((event.currentTarget as HTMLSelectElement).value as typeof kind),
      },
      h('option', { value: 'block' }, 'Block'),
      h('option', { value: 'cap' }, 'Cap'),
    ),
    field('Series', {
      name: 'selector',
      class: 'wide',
      required: true,
      defaultValue: selector,
      placeholder: 'http_requests_total{user!=""}',
    }),
    kind === 'cap'
      ? [
          field('Most series of each metric', {
            name: 'most',
            type: 'number',
            min: 0,
            step: 1,
            required: true,
            placeholder: 'at most',
          }),
          h('label', null, h('input', { name: 'perHost', type: 'checkbox' }), ' for each host'),
        ]
      : null,
    field('Why', { name: 'why', class: 'wide', required: true, placeholder: 'why, for whoever finds it later' }),
    spanChoice(SPANS),
    submitButton(busy, kind === 'block' ? 'Block' : 'Cap'),
    told,
    h(
      'p',
      'quiet',
      'What is blocked does not go on, and the ledger counts it. A cap holds for all relays together; beyond it samples are added up in one series that is labelled so.',
    ),
  );
}
