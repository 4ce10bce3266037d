import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { h } from '../element.ts';
import { plural } from '../format.ts';
import { useAsk } from '../use-ask.ts';
import { askAlerts, silence } from './alerts-answer.ts';
import { labelList } from './label-list.ts';
import { field, type Spans, spanChoice, submitButton, useOrderForm } from './order-form.ts';
import { matcherText, readMatchers } from './silence-matchers.ts';

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
  const preview = usePreview(text);
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
    preview,
  );
}

/** What the form would hold back; matchers that cannot be read are said in words. */
function usePreview(text: string): VNode | null {
  let filter: string[] = [];
  let wrong: string | null = null;
  try {
    if (text.trim() !== '') filter = readMatchers(text).map(matcherText);
  } catch (error) {
    wrong = (error as Error).message;
  }
  const { data, error } = useAsk(
    filter.length === 0 ? null : JSON.stringify(['alerts to silence', filter]),
    (signal) => askAlerts({ state: 'active', filter, limit: PREVIEWED }, signal),
    PREVIEW_MS,
  );
  if (wrong !== null) return h('p', { class: 'unsure', role: 'status' }, wrong);
  if (error !== null) return h('p', { class: 'unsure', role: 'status' }, error.message);
  if (data === null) return null;
  const { total, alerts } = data;
  return h(
    'div',
    { class: 'preview', role: 'status' },
    h(
      'p',
      total === 0 ? 'unsure' : null,
      total === 0
        ? 'It fits no alert that there is now.'
        : `It holds back ${plural(total, 'alert')} that there ${total === 1 ? 'is' : 'are'} now:`,
    ),
    h(
      'ul',
      'preview-list',
      alerts.map(({ key, labels }) =>
        h('li', { key }, h('strong', null, labels.alertname ?? ''), labelList(labels, ['alertname'])),
      ),
    ),
  );
}
