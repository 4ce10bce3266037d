import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { LevelTold } from '../../../fleet/level-answer.ts';
import { request } from '../api.ts';
import { h } from '../element.ts';
import { Trouble } from '../parts/message.ts';
import { bearer } from './limits-answer.ts';

const LEVELS = ['debug', 'info', 'warning', 'error', 'fatal', 'trace'];
const SPANS: readonly (readonly [span: string, words: string])[] = [
  ['10m', 'for ten minutes'],
  ['1h', 'for an hour'],
  ['1d', 'for a day'],
  ['7d', 'for a week'],
];

/** Orders a level for a time. */
export function LevelForm({ onDone }: { readonly onDone: () => void }): VNode {
  const [busy, work] = useState(false);
  const [told, tell] = useState<string | Error | null>(null);
  const give = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    work(true);
    try {
      const { order, hosts } = await request<LevelTold>('/api/v1/levels', {
        method: 'POST',
        headers: { ...bearer(), 'content-type': 'application/json' },
        body: JSON.stringify({
          level: text('level'),
          service: text('service') || '*',
          host: text('host'),
          why: text('why'),
          // The core adds it to its own clock.
          for: text('span'),
        }),
      });
      tell(
        `${order.service} on ${order.host} sends ${order.level} and above: ${hosts} of the hosts of now, by ${order.by}.`,
      );
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
      { name: 'level', 'aria-label': 'Level' },
      LEVELS.map((level) => h('option', { value: level }, level)),
    ),
    field('Service', { name: 'service', placeholder: 'service, or pay*; all' }),
    field('Host', { name: 'host', required: true, placeholder: 'host, or web*' }),
    h(
      'select',
      { name: 'span', 'aria-label': 'How long' },
      SPANS.map(([span, words]) => h('option', { value: span }, words)),
    ),
    field('Why', { name: 'why', class: 'wide', placeholder: 'why, for whoever finds it later' }),
    h('button', { type: 'submit', class: 'primary', disabled: busy }, busy ? 'Working …' : 'Order'),
    told === null
      ? null
      : told instanceof Error
        ? h(Trouble, { error: told })
        : h('p', { class: 'good', role: 'status' }, told),
    h(
      'p',
      'quiet',
      'It ends by itself, also at hosts that cannot be reached then. Of several that fit, the one given last is in force.',
    ),
  );
}

function field(label: string, more: Readonly<Record<string, unknown>>): VNode {
  return h('input', { 'aria-label': label, autocomplete: 'off', spellcheck: false, ...more });
}
