import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { h } from '../element.ts';
import { Trouble } from '../parts/message.ts';
import { giveOrder } from './limits-answer.ts';

const SPANS: readonly (readonly [span: string, words: string])[] = [
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
  const [busy, work] = useState(false);
  const [told, tell] = useState<string | Error | null>(null);
  const give = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const span = text('span');
    work(true);
    try {
      const { order } = await giveOrder({
        [kind]: text('selector'),
        ...(kind === 'cap' ? { most: Number(text('most')), perHost: form.has('perHost') } : {}),
        why: text('why'),
        // The core adds it to its own clock.
        ...(span === '' ? {} : { for: span }),
      });
      tell(`${order.kind === 'block' ? 'Blocked' : 'Capped'}: ${order.match}, by ${order.by}.`);
    } catch (error) {
      tell(error as Error);
    }
    work(false);
    onDone();
  };
  return h(
    'form',
    { class: 'limit-form', onSubmit: (event: Event) => void give(event) },
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
    h(
      'select',
      { name: 'span', 'aria-label': 'How long' },
      SPANS.map(([span, words]) => h('option', { value: span }, words)),
    ),
    h(
      'button',
      { type: 'submit', class: 'primary', disabled: busy },
      busy ? 'Working …' : kind === 'block' ? 'Block' : 'Cap',
    ),
    told === null
      ? null
      : told instanceof Error
        ? h(Trouble, { error: told })
        : h('p', { class: 'good', role: 'status' }, told),
    h(
      'p',
      'quiet',
      'What is blocked does not go on, and the ledger counts it. A cap holds for all relays together; beyond it samples are added up in one series that is labelled so.',
    ),
  );
}

function field(label: string, more: Readonly<Record<string, unknown>>): VNode {
  return h('input', { 'aria-label': label, autocomplete: 'off', spellcheck: false, ...more });
}
