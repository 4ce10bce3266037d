import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { ask } from '../api.ts';
import { h } from '../element.ts';
import { formatTime } from '../format.ts';
import { Loading, Trouble } from '../parts/message.ts';
import { useAsk } from '../use-ask.ts';
import { type Line, type LinePage, levelClass, spoken } from './line.ts';

const STEP = 10;
/** How far around a line is looked for its neighbours. */
const REACH_S = 6 * 3600;

/** The lines before and after one, of the same host: all of its services, whatever the search was. */
export function Context({ line }: { line: Line }): VNode {
  const [count, more] = useState(STEP);
  const { data, error } = useAsk(`around ${line.id} ${count}`, async (signal) => {
    const time = Date.parse(line['@timestamp']) / 1000;
    const near = (order: string, start: number, end: number) =>
      ask<LinePage>(
        '/api/v1/logs',
        { host: line['host.name'], order, start, end, limit: count, beside: line.id, beside_time: line['@timestamp'] },
        signal,
      );
    const [before, after] = await Promise.all([
      near('newest', time - REACH_S, time + 0.001),
      near('oldest', time, time + REACH_S),
    ]);
    return [...before.lines.toReversed(), line, ...after.lines];
  });
  if (!data) return error ? h(Trouble, { error }) : h(Loading, { what: 'the lines around it' });
  return h(
    'div',
    'context',
    h(
      'ol',
      { 'aria-label': 'Lines around it' },
      data.map((one) =>
        h(
          'li',
          {
            key: one.id,
            class: `${levelClass(one['log.level'])}${one.id === line.id ? ' hit' : ''}`,
            'aria-current': one.id === line.id ? 'true' : undefined,
          },
          h('time', { dateTime: one['@timestamp'] }, formatTime(Date.parse(one['@timestamp']), Date.now(), true)),
          h('span', 'line-service', one['service.name']),
          h('span', 'text', spoken(one.message).text),
        ),
      ),
    ),
    count < 100 ? h('button', { type: 'button', onClick: () => more(count * 3) }, 'More around it') : null,
  );
}
