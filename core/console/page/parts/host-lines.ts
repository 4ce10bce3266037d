import type { VNode } from 'preact';
import { ask } from '../api.ts';
import { h } from '../element.ts';
import { formatTime } from '../format.ts';
import type { LinePage } from '../logs/line.ts';
import { LineRow } from '../logs/line-row.ts';
import { address, change } from '../router.ts';
import type { TimeRange } from '../time-range.ts';
import { useAsk } from '../use-ask.ts';
import { Loading, Trouble } from './message.ts';

const LINES = 100;
const REFRESH_MS = 3_000;
const MINUTE_MS = 60_000;

/** A host's lines beside its charts: the newest of the time shown, or those of the minute that was picked on a chart. */
export function HostLines({ host, range, mark }: { host: string; range: TimeRange; mark: number | null }): VNode {
  const from = mark === null ? range.start : mark - MINUTE_MS / 2;
  const to = mark === null ? range.end : mark + MINUTE_MS / 2;
  const moving = mark === null && range.span !== null;
  const { data, error } = useAsk(
    `lines ${host} ${mark ?? range.span ?? `${from} ${to}`}`,
    (signal) => {
      const now = Date.now();
      const [start, end] = moving ? [now - (range.end - range.start), now + 1] : [from, to];
      return ask<LinePage>('/api/v1/logs', { host, start: start / 1000, end: end / 1000, limit: LINES }, signal);
    },
    moving ? REFRESH_MS : null,
  );
  const logs = address('/logs', {
    host,
    ...(moving ? { range: range.span } : { from: new Date(from).toISOString(), to: new Date(to).toISOString() }),
  });
  return h(
    'section',
    { class: 'host-lines', 'aria-label': 'Log lines' },
    h(
      'div',
      'bar',
      h('h2', null, mark === null ? 'Newest lines' : `Lines around ${formatTime(mark, Date.now())}`),
      mark === null
        ? null
        : h(
            'button',
            { type: 'button', class: 'quiet-button', onClick: () => change({ at: null }) },
            'Back to the newest',
          ),
      h('span', 'grow'),
      h('a', { href: logs }, 'Search'),
    ),
    error ? h(Trouble, { error }) : null,
    data === null
      ? error
        ? null
        : h(Loading, { what: 'lines' })
      : data.lines.length === 0
        ? h(
            'p',
            'nothing',
            mark === null
              ? 'No lines in this time. If the host should log, look at `logs:` in its collector’s configuration.'
              : 'No lines in this minute.',
          )
        : h(
            'ol',
            'lines',
            data.lines.map((line) =>
              h(LineRow, { key: line.id, line, short: true, onPick: (time) => change({ at: String(time) }) }),
            ),
          ),
  );
}
