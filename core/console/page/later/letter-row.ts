import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { apiAddress, ask } from '../api.ts';
import { h } from '../element.ts';
import { formatTime } from '../format.ts';
import { Loading, Trouble } from '../parts/message.ts';
import { useAsk } from '../use-ask.ts';
import { bytesOf, hexText, plainText } from './bytes-text.ts';
import type { LetterWhole } from './letters.ts';

/** One letter in whole: where it came from, why it is one, and its bytes as text or hex. */
export function LetterDetails({ id }: { id: string }): VNode {
  const path = `/api/v1/deadletters/${encodeURIComponent(id)}`;
  const { data, error } = useAsk(id, (signal) => ask<LetterWhole>(path, {}, signal));
  const [form, show] = useState<'text' | 'hex' | null>(null);
  if (!data) return error ? h(Trouble, { error }) : h(Loading, { what: 'the letter' });
  const now = Date.now();
  const facts: readonly (readonly [string, string | number | null])[] = [
    ['Boot', data.boot],
    ['Sequence', data.sequence],
    ['Line', data.place],
    ['Relay', data.relay],
    ['Set aside', formatTime(data.time, now)],
    ['Replayed', data.tried === null ? null : `${data.tries} × in vain, last ${formatTime(data.tried, now)}`],
  ];
  const bytes = data.data === null ? null : bytesOf(data.data);
  // A line is text; a frame is not.
  const as = form ?? (data.line || data.refused ? 'text' : 'hex');
  const shown = data.line ?? data.refused;
  const text = shown ? JSON.stringify(shown, null, 2) : bytes && plainText(bytes);
  return h(
    'div',
    'letter-details',
    h('p', null, h('b', null, `${data.reason}: `), data.message),
    h(
      'dl',
      'facts',
      facts
        .filter(([, value]) => value !== null && value !== '')
        .map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, String(value)))),
    ),
    bytes
      ? [
          h(
            'div',
            { class: 'actions', role: 'group', 'aria-label': 'How to show the bytes' },
            (['text', 'hex'] as const).map((one) =>
              h(
                'button',
                { type: 'button', 'aria-pressed': as === one, onClick: () => show(one) },
                one === 'text' ? 'Text' : 'Hex',
              ),
            ),
            h(
              'a',
              { class: 'button', href: apiAddress(path, { form: 'bytes' }), download: `${id}.bin` },
              'Download the bytes',
            ),
          ),
          h('pre', { class: 'bytes', tabIndex: 0, 'aria-label': 'Bytes' }, as === 'text' ? text : hexText(bytes)),
        ]
      : h('p', 'nothing', 'Its bytes were not kept: limits.deadLetterBytes was full.'),
  );
}
