import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { h } from '../element.ts';
import { Trouble } from '../parts/message.ts';
import { giveOrder, keepToken, knownToken } from './limits-answer.ts';

const SPANS: readonly (readonly [ms: number, words: string])[] = [
  [3_600_000, 'for an hour'],
  [86_400_000, 'for a day'],
  [604_800_000, 'for a week'],
  [0, 'until it is lifted'],
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
    const span = Number(text('span'));
    keepToken(text('token'));
    work(true);
    try {
      const { order } = await giveOrder({
        [kind]: text('selector'),
        ...(kind === 'cap' ? { most: Number(text('most')), perHost: form.has('perHost') } : {}),
        why: text('why'),
        ...(span > 0 ? { until: new Date(Date.now() + span).toISOString() } : {}),
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
      SPANS.map(([ms, words]) => h('option', { value: String(ms) }, words)),
    ),
    field('Token', {
      name: 'token',
      type: 'password',
      class: 'wide',
      required: true,
      defaultValue: knownToken(),
      placeholder: 'token with limits:write',
      title: 'heliograph token create NAME --scope limits:write; kept until this tab is closed',
    }),
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
      'What is blocked does not go on, and the ledger counts it. Beyond a cap samples are added up in one series that is labelled so. The token’s name stands beside the order: ',
      h('code', null, 'heliograph token create NAME --scope limits:write'),
      ' makes one.',
    ),
  );
}

function field(label: string, more: Readonly<Record<string, unknown>>): VNode {
  return h('input', { 'aria-label': label, autocomplete: 'off', spellcheck: false, ...more });
}
