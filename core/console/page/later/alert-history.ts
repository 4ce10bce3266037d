import type { VNode } from 'preact';
import { ask } from '../api.ts';
import { h } from '../element.ts';
import { formatCount, formatSpan, formatTime } from '../format.ts';
import { Loading, Message, Trouble } from '../parts/message.ts';
import { table } from '../parts/table.ts';
import { TimePicker } from '../parts/time-picker.ts';
import { readRange } from '../time-range.ts';
import { useAsk } from '../use-ask.ts';
import type { Labels } from './alert-shapes.ts';
import { linesAddress } from './alerts-answer.ts';
import { labelList } from './label-list.ts';

const MOST = 500;
const REFRESH_MS = 15_000;

interface Past {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly source: string;
  readonly value: string;
  readonly activeAt: string;
  readonly firedAt: string;
  readonly resolvedAt: string | null;
}

/** What fired in a time, the newest first. */
export function AlertHistory({ params }: { readonly params: URLSearchParams }): VNode {
  const range = readRange(params, Date.now(), '24h');
  const q = params.get('q') ?? '';
  const moving = range.span !== null;
  const { data, error } = useAsk(
    JSON.stringify(['history', q, range.span ?? [range.start, range.end]]),
    async (signal) => {
      const { start, end } = moving ? readRange(new URLSearchParams({ range: range.span! }), Date.now()) : range;
      const parameters = { start: start / 1000, end: end / 1000, limit: MOST, q };
      return (await ask<{ history: Past[] }>('/api/v1/alerts/history', parameters, signal)).history;
    },
    moving ? REFRESH_MS : null,
  );
  const head = h('div', 'title', h('span', 'grow'), h(TimePicker, { range }));
  if (!data) return h('div', null, head, error ? h(Trouble, { error }) : h(Loading, { what: 'what was' }));
  const now = Date.now();
  return h(
    'div',
    null,
    head,
    error ? h(Trouble, { error }) : null,
    data.length === 0
      ? h(Message, { title: 'Nothing fired in this time', text: 'Choose a longer one above.' })
      : table(
          'What fired',
          ['Fired', 'For', 'Alert', 'What', 'Labels', 'Found by', ''],
          data.map((past) => row(past, now)),
          [],
        ),
    data.length >= MOST
      ? h('p', 'quiet', `The newest ${formatCount(MOST)}; choose a shorter time for those before.`)
      : null,
  );
}

function row({ labels, annotations, source, value, firedAt, resolvedAt }: Past, now: number): (VNode | string)[] {
  const fired = Date.parse(firedAt);
  const end = resolvedAt === null ? now : Date.parse(resolvedAt);
  const lines = linesAddress(labels, fired, end);
  return [
    h('time', { dateTime: firedAt }, formatTime(fired, now)),
    resolvedAt === null
      ? h('span', 'once bad', `${formatSpan(end - fired)}, still`)
      : h('span', 'once', formatSpan(end - fired)),
    h('strong', null, labels.alertname ?? ''),
    annotations.summary ?? `value ${value}`,
    labelList(labels, ['alertname']) ?? '',
    source,
    lines ? h('a', { href: lines }, 'Lines') : '',
  ];
}
