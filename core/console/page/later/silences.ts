import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { h } from '../element.ts';
import { formatSpan, formatTime, plural } from '../format.ts';
import type { ViewProps } from '../lazy-view.ts';
import { Loading, Trouble } from '../parts/message.ts';
import { table } from '../parts/table.ts';
import { useAsk } from '../use-ask.ts';
import type { ShownSilence } from './alert-shapes.ts';
import { alertTabs } from './alert-tabs.ts';
import { askSilences, endSilence } from './alerts-answer.ts';
import { SilenceForm } from './silence-form.ts';
import { matcherWords } from './silence-matchers.ts';
import { TokenField } from './token-field.ts';

const REFRESH_MS = 3_000;

/** Times in which nobody is told of some alerts: those in force, a way to make one, and those that are over. */
export function Silences({ place: { params } }: ViewProps): VNode {
  const [turn, again] = useState(0);
  const [failed, fail] = useState<Error | null>(null);
  const { data, error } = useAsk(`silences ${turn}`, askSilences, REFRESH_MS);
  const done = () => again((before) => before + 1);
  const end = async (id: string) => {
    try {
      await endSilence(id);
      fail(null);
    } catch (thrown) {
      fail(thrown as Error);
    }
    done();
  };
  const head = [h('h1', null, 'Silences'), alertTabs('/silences', params)];
  if (!data) return h('section', 'alerts', head, error ? h(Trouble, { error }) : h(Loading, { what: 'the silences' }));
  const chosen = params.get('id') ?? '';
  const now = Date.now();
  const lasting = data.filter(({ state }) => state !== 'expired');
  const over = data.filter(({ state }) => state === 'expired');
  const matchers = params.getAll('match').join('\n');
  const trouble = failed ?? error;
  return h(
    'section',
    'alerts',
    head,
    trouble ? h(Trouble, { error: trouble }) : null,
    h(TokenField, { scope: 'alerts:write' }),
    h('h2', null, 'In force'),
    lasting.length === 0
      ? h('p', 'nothing', 'None: everybody is told of everything.')
      : table(
          'Silences in force',
          ['Labels', 'Until', 'Since', 'By', 'Why', ''],
          lasting.map((one) => [
            ...cells(one, chosen),
            one.state === 'pending'
              ? `begins in ${formatSpan(Date.parse(one.startsAt) - now)}`
              : `in ${formatSpan(Date.parse(one.endsAt) - now)}`,
            formatTime(Date.parse(one.startsAt), now),
            one.createdBy,
            one.comment,
            h(
              'button',
              {
                type: 'button',
                'aria-label': `End ${one.matchers.map(matcherWords).join(' ')}`,
                onClick: () => void end(one.id),
              },
              'End',
            ),
          ]),
          [],
        ),
    h('h2', null, 'Silence'),
    h(SilenceForm, { key: matchers, matchers, onDone: done }),
    over.length === 0
      ? null
      : h(
          'details',
          { open: over.some(({ id }) => id === chosen) },
          h('summary', null, `${plural(over.length, 'silence')} that ${over.length === 1 ? 'is' : 'are'} over`),
          table(
            'Silences that are over',
            ['Labels', 'Ended', 'By', 'Why'],
            over.map((one) => [
              ...cells(one, chosen),
              formatTime(Date.parse(one.endsAt), now),
              one.createdBy,
              one.comment,
            ]),
            [],
          ),
        ),
  );
}

function cells({ id, matchers }: ShownSilence, chosen: string): VNode[] {
  const words = matchers.map(matcherWords);
  return [
    h(
      'ul',
      { class: id === chosen ? 'labels chosen' : 'labels', 'aria-label': 'Labels' },
      words.map((text) => h('li', null, text)),
    ),
  ];
}
