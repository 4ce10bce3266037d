import type { VNode } from 'preact';
import { h } from '../element.ts';
import { formatDay, formatTime } from '../format.ts';
import { change } from '../router.ts';
import { fixedRange, movingRange, SPANS, type TimeRange } from '../time-range.ts';

/** The time that is shown: one that ends now and moves on, or one between two instants. */
export function TimePicker({ range }: { range: TimeRange }): VNode {
  const { start, end, span } = range;
  const local = (ms: number) => `${formatDay(new Date(ms))}T${formatClock(ms)}`;
  const set = (from: number, to: number) => {
    if (Number.isFinite(from) && Number.isFinite(to) && to > from) change(fixedRange(from, to));
  };
  const width = end - start;
  const fixed = span === null;
  return h(
    'div',
    { class: 'time-picker', role: 'group', 'aria-label': 'Time' },
    h(
      'select',
      {
        'aria-label': 'Time shown',
        value: span ?? 'fixed',
        onChange: (event: Event) => {
          const chosen = (event.currentTarget as HTMLSelectElement).value;
          change(chosen === 'fixed' ? fixedRange(start, end) : movingRange(chosen));
        },
      },
      SPANS.map(([value, words]) => h('option', { value }, `Last ${words}`)),
      span !== null && !SPANS.some(([value]) => value === span) ? h('option', { value: span }, `Last ${span}`) : null,
      h('option', { value: 'fixed' }, 'From … to …'),
    ),
    fixed
      ? [
          stepButton('Earlier', '‹', () => set(start - width / 2, end - width / 2)),
          h('input', {
            type: 'datetime-local',
            step: 1,
            'aria-label': 'From',
            value: local(start),
            onChange: (event: Event) => set(new Date((event.currentTarget as HTMLInputElement).value).getTime(), end),
          }),
          h('span', { 'aria-hidden': 'true' }, '–'),
          h('input', {
            type: 'datetime-local',
            step: 1,
            'aria-label': 'To',
            value: local(end),
            onChange: (event: Event) => set(start, new Date((event.currentTarget as HTMLInputElement).value).getTime()),
          }),
          stepButton('Later', '›', () => set(start + width / 2, end + width / 2)),
          stepButton('Wider', '−', () => set(start - width / 2, end + width / 2)),
        ]
      : h('span', { class: 'live', title: 'Moves on by itself' }, h('i', 'dot'), 'live'),
  );
}

function formatClock(ms: number): string {
  return formatTime(ms, ms);
}

function stepButton(words: string, sign: string, run: () => void): VNode {
  return h('button', { type: 'button', class: 'quiet-button', 'aria-label': words, title: words, onClick: run }, sign);
}
