import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { h } from '../element.ts';
import { formatTime } from '../format.ts';
import { address } from '../router.ts';
import { fixedRange } from '../time-range.ts';
import { Context } from './context.ts';
import { type Line, levelClass, marked, spoken } from './line.ts';

export interface LineRowProps {
  readonly line: Line;
  /** What was searched for; it is marked. */
  readonly search?: string;
  /** Leaves the host out where it is clear. */
  readonly short?: boolean;
  readonly onFilter?: (name: 'host' | 'service' | 'level', value: string) => void;
  /** Told when the line's time is picked; without it the time is no button. */
  readonly onPick?: (time: number) => void;
}

const AROUND_MS = 15 * 60_000;

/** One line; opened, its fields and the lines around it. Whatever stands in it is text. */
export function LineRow({ line, search = '', short = false, onFilter, onPick }: LineRowProps): VNode {
  const [open, show] = useState(false);
  const [context, around] = useState(false);
  const time = Date.parse(line['@timestamp']);
  const level = line['log.level'];
  const said = spoken(line.message);
  const clock = h(
    'time',
    { dateTime: line['@timestamp'], title: line['@timestamp'] },
    formatTime(time, Date.now(), true),
  );
  return h(
    'li',
    { class: `line ${levelClass(level)}${open ? ' open' : ''}`, 'data-id': line.id },
    h(
      'div',
      'line-head',
      h(
        'button',
        {
          type: 'button',
          class: 'opener',
          'aria-expanded': open,
          'aria-label': `Details of the line of ${formatTime(time, Date.now(), true)}`,
          onClick: () => show(!open),
        },
        open ? '▾' : '▸',
      ),
      onPick
        ? h(
            'button',
            {
              type: 'button',
              class: 'line-time',
              title: 'Mark this instant on the charts',
              onClick: () => onPick(time),
            },
            clock,
          )
        : h('span', 'line-time', clock),
      h('span', 'level', level || 'none'),
      short ? null : h('span', 'line-host', line['host.name']),
      h('span', 'line-service', line['service.name']),
      h(
        'span',
        { class: 'text', onClick: () => getSelection()?.isCollapsed !== false && show(!open) },
        withMarks(said.text, search),
        said.facts.map(([name, value]) => h('span', 'fact', ` ${name}=`, withMarks(value, search))),
      ),
    ),
    open
      ? h(
          'div',
          'line-more',
          h(
            'dl',
            null,
            pair('Time', line['@timestamp']),
            pair('Host', line['host.name']),
            pair('Service', line['service.name']),
            pair('Level', level),
            pair('Site', line.site),
            said.facts.length > 0 ? pair('As it was written', line.message) : null,
            Object.entries(line.fields).map(([name, value]) => pair(name, value)),
          ),
          h(
            'div',
            'actions',
            h(
              'button',
              { type: 'button', 'aria-expanded': context, onClick: () => around(!context) },
              context ? 'Hide lines around it' : 'Lines around it',
            ),
            h(
              'a',
              {
                class: 'button',
                href: address(`/host/${encodeURIComponent(line['host.name'])}`, {
                  ...chartTime(time),
                  at: String(time),
                }),
              },
              'Charts of this minute',
            ),
            onFilter
              ? h('button', { type: 'button', onClick: () => onFilter('host', line['host.name']) }, 'Only this host')
              : null,
            onFilter
              ? h(
                  'button',
                  { type: 'button', onClick: () => onFilter('service', line['service.name']) },
                  'Only this service',
                )
              : null,
            onFilter
              ? h('button', { type: 'button', onClick: () => onFilter('level', level) }, 'Only this level')
              : null,
          ),
          context ? h(Context, { line }) : null,
        )
      : null,
  );
}

function withMarks(text: string, search: string): (VNode | string)[] {
  return marked(text, search).map((part, i) => (i % 2 === 1 ? h('mark', null, part) : part));
}

function chartTime(time: number): { from: string; to: string } {
  const { from, to } = fixedRange(time - AROUND_MS, Math.min(Date.now(), time + AROUND_MS));
  return { from, to };
}

function pair(name: string, value: string): VNode | null {
  return value === '' ? null : h('div', null, h('dt', null, name), h('dd', null, value));
}
