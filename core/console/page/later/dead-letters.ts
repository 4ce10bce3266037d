import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { ask } from '../api.ts';
import { h } from '../element.ts';
import { formatCount, formatTime, formatValue, plural } from '../format.ts';
import type { ViewProps } from '../lazy-view.ts';
import { valueChips, valueInput } from '../parts/filter-values.ts';
import { Loading, Trouble } from '../parts/message.ts';
import { table } from '../parts/table.ts';
import { change } from '../router.ts';
import { useAsk } from '../use-ask.ts';
import { hostAddress } from '../views/fleet.ts';
import { LetterActions } from './letter-actions.ts';
import { LetterDetails } from './letter-row.ts';
import { awayText, FILTERS, filterOf, type Letter, type LetterGroup, type LetterPage } from './letters.ts';

const REFRESH_MS = 5_000;
const PAGE = 100;
const AGES: readonly (readonly [seconds: number, words: string])[] = [
  [0, 'of any age'],
  [3_600, 'older than an hour'],
  [86_400, 'older than a day'],
  [604_800, 'older than a week'],
];

/** Frames that could not be taken and lines that the log store refused: why, their bytes, another try, an end. */
export function DeadLetters({ place: { params } }: ViewProps): VNode {
  const [turn, again] = useState(0);
  const [limit, more] = useState(PAGE);
  const filter = filterOf(params, Date.now());
  const { data, error } = useAsk(
    `letters ${params} ${limit} ${turn}`,
    (signal) => ask<LetterPage>('/api/v1/deadletters', { ...filterOf(params, Date.now()), limit } as never, signal),
    REFRESH_MS,
  );
  const head = [
    h('p', 'back', h('a', { href: '/ledger' }, '← Ledger')),
    h('h1', null, 'Dead letters'),
    h(
      'p',
      'quiet',
      'Frames that could not be read, and lines and series that a store refused. Nothing else was held up by them, and their bytes are kept.',
    ),
  ];
  if (!data)
    return h('section', 'letters', head, error ? h(Trouble, { error }) : h(Loading, { what: 'the dead letters' }));
  const count = data.groups.reduce((sum, group) => sum + group.letters, 0);
  return h(
    'section',
    'letters',
    head,
    error ? h(Trouble, { error }) : null,
    data.away.length > 0 ? h('p', { class: 'bad', role: 'status' }, awayText(data.away)) : null,
    filters(params),
    h('h2', null, 'By reason'),
    groups(data.groups),
    h('p', 'quiet', `They take ${formatValue(data.bytes, 'bytes')} of ${formatValue(data.maxBytes, 'bytes')}.`),
    h(LetterActions, {
      key: String(params),
      what: plural(count, 'dead letter'),
      filter,
      some: count > 0,
      onDone: () => again((before) => before + 1),
    }),
    h('h2', null, 'The newest'),
    data.letters.length === 0
      ? h('p', 'nothing', 'There is none.')
      : h(
          'ul',
          'letter-list',
          data.letters.map((letter) =>
            h(Row, { key: `${letter.process} ${letter.id}`, letter, onDone: () => again((before) => before + 1) }),
          ),
        ),
    data.next !== null && limit < 1000
      ? h('button', { type: 'button', class: 'older', onClick: () => more(Math.min(1000, limit * 3)) }, 'More')
      : null,
  );
}

function filters(params: URLSearchParams): VNode {
  const chips = FILTERS.flatMap((name) => valueChips(params, name, name));
  const add = (name: 'host' | 'service') => valueInput(params, name, { label: `Only this ${name}`, words: name });
  return h(
    'div',
    'filters',
    chips,
    add('host'),
    add('service'),
    h(
      'select',
      {
        'aria-label': 'Age',
        value: params.get('older') ?? '0',
        onChange: (event: Event) => {
          const { value } = event.currentTarget as HTMLSelectElement;
          change({ older: value === '0' ? null : value });
        },
      },
      AGES.map(([seconds, words]) => h('option', { value: String(seconds) }, words)),
    ),
  );
}

function groups(all: readonly LetterGroup[]): VNode {
  if (all.length === 0) return h('p', 'nothing', 'None: everything that came could be taken.');
  return table(
    'Reasons',
    ['Reason', 'Code', 'Kind', 'Class', 'Letters', 'Items', 'Size'],
    all.map((group) => [
      h(
        'button',
        {
          type: 'button',
          class: 'chip',
          'aria-label': `Only ${group.reason} ${group.code}, ${group.kind === 'series' ? 'series' : `${group.kind}s`} of class ${group.class}`,
          onClick: () => change({ reason: group.code || group.reason, kind: group.kind, class: group.class }),
        },
        group.reason,
      ),
      group.code,
      group.kind,
      group.class,
      formatCount(group.letters),
      formatCount(group.items),
      formatValue(group.bytes, 'bytes'),
    ]),
    [4, 5, 6],
  );
}

function Row({ letter, onDone }: { letter: Letter; onDone: () => void }): VNode {
  const [open, show] = useState(false);
  return h(
    'li',
    'letter',
    h(
      'div',
      'letter-head',
      h(
        'button',
        { type: 'button', 'aria-expanded': open, 'aria-label': `Show ${letter.id}`, onClick: () => show(!open) },
        open ? 'Hide' : 'Show',
      ),
      h('time', 'quiet', formatTime(letter.time, Date.now())),
      h('a', { href: hostAddress(letter.host) }, letter.host),
      h(
        'span',
        null,
        `${letter.series === null ? letter.kind : `${letter.series} series`} of class ${letter.class}${letter.service ? `, service ${letter.service}` : ''}, ` +
          `${plural(letter.items, 'item')}, ${letter.kept ? formatValue(letter.bytes, 'bytes') : 'not kept'}`,
      ),
      h('span', 'quiet', `at ${letter.process}`),
      h('span', 'bad', `${letter.reason} (${letter.code})`),
      letter.tries > 0 ? h('span', 'unsure', `failed again ${letter.tries} ×`) : null,
    ),
    open
      ? [
          h(LetterDetails, { id: letter.id }),
          h(LetterActions, { what: 'this letter', filter: { ids: [letter.id] }, some: true, onDone }),
        ]
      : null,
  );
}
