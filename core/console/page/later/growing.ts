import type { VNode } from 'preact';
import { h } from '../element.ts';
import { formatCount, formatTime } from '../format.ts';
import { table } from '../parts/table.ts';
import { hostAddress } from '../views/fleet.ts';
import type { FleetEvent } from './limits-answer.ts';

/** What a tier tells of a metric, or a host, whose series grow. */
interface Facts {
  readonly metric?: string;
  readonly label?: string;
  readonly team?: string;
  readonly values?: string;
  readonly count?: number;
  readonly usual?: number;
  readonly relay?: string;
}

/** What is told no more may have ended with the relay that told it. */
const FRESH_MS = 2 * 3_600_000;

/** The newest word of each: those that settled are not shown. @param onBlock told the selector that would end it */
export function growingList(events: readonly FleetEvent[], onBlock: (selector: string) => void): VNode {
  const now = new Map<string, FleetEvent>();
  for (const event of events) {
    const { metric, label, relay } = event.facts as Facts;
    const name = JSON.stringify([event.host, metric, label, relay]);
    if (event.type === 'series_growing' && event.time > Date.now() - FRESH_MS) now.set(name, event);
    else if (event.type === 'series_settled') now.delete(name);
  }
  if (now.size === 0) return h('p', 'nothing', 'Nothing grows abnormally, as far as the last events say.');
  return table(
    'Growing series',
    ['', 'Since', 'Metric', 'Label', 'New values', 'Host', 'Team', 'New in a minute', 'Usual'],
    [...now.values()].reverse().map(({ time, host, facts }) => {
      const { metric = '', label = '', values = '', team = '', count = 0, usual = 0 } = facts as Facts;
      const selector = selectorOf(metric, label, host);
      return [
        h('button', { type: 'button', 'aria-label': `Block ${selector}`, onClick: () => onBlock(selector) }, 'Block …'),
        h('time', null, formatTime(time, Date.now())),
        metric,
        label,
        h('span', 'examples', values),
        h('a', { href: hostAddress(host) }, host),
        team,
        formatCount(count),
        formatCount(usual),
      ];
    }),
    [7, 8],
  );
}

/** The series that the growth made: those that have the label; of a host where no metric is to blame. */
function selectorOf(metric: string, label: string, host: string): string {
  const matchers = [
    ...(metric === '' || label === '' ? [`instance=${JSON.stringify(host)}`] : []),
    ...(label === '' ? [] : [`${label}!=""`]),
  ];
  return `${metric}{${matchers.join(',')}}`;
}
