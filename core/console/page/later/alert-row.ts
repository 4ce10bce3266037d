import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { h } from '../element.ts';
import { formatAgo, formatSpan, formatTime } from '../format.ts';
import { Trouble } from '../parts/message.ts';
import { address } from '../router.ts';
import type { ShownAlert } from './alert-shapes.ts';
import { acknowledge, chartAddress, linesAddress, matchersOf, silence } from './alerts-answer.ts';
import { labelList } from './label-list.ts';
import { matcherWords } from './silence-matchers.ts';

const SPANS: readonly (readonly [ms: number, words: string])[] = [
  [3_600_000, '1 h'],
  [4 * 3_600_000, '4 h'],
  [86_400_000, '1 day'],
  [7 * 86_400_000, '1 week'],
];
const TONES = { firing: 'bad', pending: 'unsure', acknowledged: 'good', silenced: 'quiet', ended: 'quiet' } as const;
/** Links in annotations that are followed; anything else stands as text. */
const LINK = /^https?:\/\//i;

/** When it appears: whoever opened it by the keyboard goes on there. */
const takeFocus = (field: HTMLElement | null) => field?.focus();

interface Props {
  readonly alert: ShownAlert;
  readonly now: number;
  /** The expression of its rule; null: it is none's. */
  readonly query: string | null;
  readonly onDone: () => void;
}

/** One alert: what it says, since when, what was done about it, and what can be. */
export function AlertRow({ alert, now, query, onDone }: Props): VNode {
  const [open, show] = useState<'ack' | 'silence' | null>(null);
  const [error, fail] = useState<Error | null>(null);
  const { labels, annotations, acknowledged, place, notifiedAt } = alert;
  const since = Date.parse(alert.activeAt);
  const until = alert.resolvedAt === null ? now : Date.parse(alert.resolvedAt);
  const name = labels.alertname ?? '(without a name)';
  const run = async (act: () => Promise<unknown>) => {
    try {
      await act();
      fail(null);
      show(null);
    } catch (thrown) {
      fail(thrown as Error);
    }
    onDone();
  };
  const lines = linesAddress(labels, since, until);
  const live = place !== 'ended';
  return h(
    'li',
    { class: `alert ${TONES[place]}-edge`, 'aria-label': name },
    h(
      'div',
      'alert-head',
      h('span', { class: `badge ${TONES[place]}` }, h('i', 'dot'), h('b', null, wordsOf(alert))),
      h('strong', 'alert-name', name),
      labels.severity ? h('span', 'severity', labels.severity) : null,
      h('span', 'grow'),
      h(
        'time',
        { class: 'quiet', dateTime: alert.activeAt, title: alert.activeAt },
        `for ${formatSpan(until - since)}`,
      ),
    ),
    h(
      'p',
      'alert-said',
      annotations.summary ?? annotations.description ?? annotations.message ?? `value ${plain(alert.value)}`,
    ),
    labelList(labels, ['alertname', 'severity']),
    acknowledged
      ? h(
          'p',
          'good',
          `${acknowledged.by} has it in hand since ${formatTime(Date.parse(acknowledged.at), now)}`,
          acknowledged.note === '' ? '' : `: ${acknowledged.note}`,
        )
      : null,
    held(alert),
    h(
      'div',
      'alert-acts',
      query ? h('a', { class: 'button', href: chartAddress(query, since, until) }, 'Chart') : null,
      lines ? h('a', { class: 'button', href: lines }, 'Lines') : null,
      live && alert.state === 'firing' && !acknowledged ? toggle('ack', 'Acknowledge …', name) : null,
      acknowledged
        ? h(
            'button',
            { type: 'button', onClick: () => void run(() => acknowledge('DELETE', alert.key, '')) },
            'Take back',
          )
        : null,
      live && alert.silencedBy.length === 0 ? toggle('silence', 'Silence …', name) : null,
      h(
        'span',
        'quiet alert-times',
        notifiedAt ? `told ${formatAgo(Date.parse(notifiedAt), now)}` : place === 'firing' ? 'nobody told yet' : '',
      ),
    ),
    open === 'ack' ? ackForm() : null,
    open === 'silence' ? spans() : null,
    error ? h(Trouble, { error }) : null,
    h('details', null, h('summary', null, 'More'), more(alert, now)),
  );

  function toggle(what: 'ack' | 'silence', words: string, of: string): VNode {
    return h(
      'button',
      {
        type: 'button',
        'aria-expanded': open === what,
        'aria-label': `${words.replace(' …', '')} ${of}`,
        onClick: () => show(open === what ? null : what),
      },
      words,
    );
  }

  function ackForm(): VNode {
    return h(
      'form',
      {
        class: 'limit-form',
        onSubmit: (event: Event) => {
          event.preventDefault();
          const note = String(new FormData(event.currentTarget as HTMLFormElement).get('note') ?? '').trim();
          void run(() => acknowledge('POST', alert.key, note));
        },
      },
      h('input', {
        name: 'note',
        class: 'wide',
        'aria-label': 'Note',
        ref: takeFocus,
        autocomplete: 'off',
        placeholder: 'what is done about it',
      }),
      h('button', { type: 'submit', class: 'primary' }, 'I have it'),
    );
  }

  function spans(): VNode {
    return h(
      'div',
      { class: 'limit-form', role: 'group', 'aria-label': 'How long' },
      SPANS.map(([ms, words]) =>
        h(
          'button',
          { type: 'button', onClick: () => void run(() => silence(matchersOf(labels), ms, `${name}, from the page`)) },
          words,
        ),
      ),
      h('a', { href: address('/silences', { match: matchersOf(labels).map(matcherWords) }) }, 'or choose which labels'),
    );
  }
}

function wordsOf({ place, silencedBy }: ShownAlert): string {
  return place === 'silenced' && silencedBy.length === 0 ? 'inhibited' : place;
}

/** Why nobody is told of it. */
function held({ silencedBy, inhibitedBy, keepFiringSince }: ShownAlert): VNode | null {
  const said = [
    ...silencedBy.map((id) => h('a', { href: address('/silences', { id }) }, `silence ${id.slice(0, 8)}`)),
    ...(inhibitedBy.length > 0
      ? [
          `held back while ${inhibitedBy.length === 1 ? 'another alert fires' : `${inhibitedBy.length} other alerts fire`}`,
        ]
      : []),
    ...(keepFiringSince ? ['kept firing: it holds no more'] : []),
  ];
  return said.length === 0
    ? null
    : h(
        'p',
        'quiet',
        said.flatMap((one, i) => (i === 0 ? [one] : [' · ', one])),
      );
}

function more(alert: ShownAlert, now: number): VNode {
  const { annotations, source, value, activeAt, firedAt, key } = alert;
  const facts: [string, string][] = [
    ...Object.entries(annotations),
    ['value', value],
    ['found by', source],
    ['began', formatTime(Date.parse(activeAt), now)],
    ['fired', firedAt === null ? 'not yet' : formatTime(Date.parse(firedAt), now)],
    ['key', key],
  ];
  return h(
    'dl',
    'alert-facts',
    facts.map(([name, text]) =>
      h(
        'div',
        null,
        h('dt', null, name),
        h('dd', null, LINK.test(text) ? h('a', { href: text, rel: 'noreferrer' }, text) : text),
      ),
    ),
  );
}

/** Without the exponent that the API gives every number. */
function plain(value: string): string {
  const number = Number(value);
  return Number.isFinite(number) ? String(number) : value;
}
