import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { h } from '../element.ts';
import { plural } from '../format.ts';
import { useAsk } from '../use-ask.ts';
import type { ShownAlert } from './alert-shapes.ts';
import { askAlerts, silence } from './alerts-answer.ts';
import { labelList } from './label-list.ts';
import { field, type Spans, spanChoice, submitButton, useOrderForm } from './order-form.ts';
import { meets, readMatchers } from './silence-matchers.ts';

const SPANS: Spans = [
  ['1', 'for an hour'],
  ['4', 'for 4 hours'],
  ['24', 'for a day'],
  ['168', 'for a week'],
];
const HOUR_MS = 3_600_000;
const PREVIEW_MS = 5_000;
const PREVIEWED = 20;

interface Props {
  /** To begin with, one on each line. */
  readonly matchers: string;
  readonly onDone: () => void;
}

/** Makes a silence, and shows before which alerts it would hold back. */
export function SilenceForm({ matchers, onDone }: Props): VNode {
  const [text, type] = useState(matchers);
  const { data } = useAsk('alerts to silence', askAlerts, PREVIEW_MS);
  const { busy, told, onSubmit } = useOrderForm(async (filled) => {
    await silence(readMatchers(filled.text('matchers')), Number(filled.text('span')) * HOUR_MS, filled.text('comment'));
    return 'Silenced.';
  }, onDone);
  return h(
    'form',
    { class: 'limit-form silence-form', onSubmit },
    h('textarea', {
      name: 'matchers',
      'aria-label': 'Labels, one on each line',
      required: true,
      rows: Math.max(3, text.split('\n').length),
      spellcheck: false,
      value: text,
      placeholder: 'alertname=HostSilent\ninstance=~web-.*\nseverity!=critical',
      onInput: (event: Event) => type((event.currentTarget as HTMLTextAreaElement).value),
    }),
    field('Why', { name: 'comment', class: 'wide', required: true, placeholder: 'why, for whoever finds it later' }),
    spanChoice(SPANS),
    submitButton(busy, 'Silence'),
    told,
    preview(text, data),
  );
}

function preview(text: string, alerts: readonly ShownAlert[] | null): VNode | null {
  if (alerts === null || text.trim() === '') return null;
  let found: ShownAlert[];
  try {
    const matchers = readMatchers(text);
    found = alerts.filter(({ state, labels }) => state !== 'resolved' && meets(labels, matchers));
  } catch (error) {
    return h('p', { class: 'unsure', role: 'status' }, (error as Error).message);
  }
  return h(
    'div',
    { class: 'preview', role: 'status' },
    h(
      'p',
      found.length === 0 ? 'unsure' : null,
      found.length === 0
        ? 'It fits no alert that there is now.'
        : `It holds back ${plural(found.length, 'alert')} that there ${found.length === 1 ? 'is' : 'are'} now:`,
    ),
    h(
      'ul',
      'preview-list',
      found
        .slice(0, PREVIEWED)
        .map(({ key, labels }) =>
          h('li', { key }, h('strong', null, labels.alertname ?? ''), labelList(labels, ['alertname'])),
        ),
    ),
  );
}
