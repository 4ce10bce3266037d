import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { ask } from '../api.ts';
import { h } from '../element.ts';
import { type FleetAnswer, fleetRows, orderRows, type Row, type SortKey } from '../fleet-rows.ts';
import { formatAgo, formatCount, formatSpan, plural } from '../format.ts';
import type { ViewProps } from '../lazy-view.ts';
import { Loading, Message, Trouble } from '../parts/message.ts';
import { StateBadge } from '../parts/state-badge.ts';
import { VirtualList } from '../parts/virtual-list.ts';
import { address, change, go } from '../router.ts';
import { useAsk } from '../use-ask.ts';

const REFRESH_MS = 3_000;
/** A large fleet is a larger answer. */
const LARGE = 2_000;
const LARGE_REFRESH_MS = 10_000;
/** A host that is connected and has sent nothing for so long is worth a look. */
const QUIET_MS = 5 * 60_000;
/** A clock that is further off is. */
const SKEW_MS = 2_000;
const ROW_PX = 40;

const COLUMNS: readonly (readonly [key: SortKey, words: string, more: string])[] = [
  ['host', 'Host', 'name'],
  ['state', 'State', 'state'],
  ['heard', 'Last heard', 'heard'],
  ['site', 'Site', 'site'],
  ['version', 'Version', 'version'],
  ['series', 'Series', 'number series'],
  ['backlog', 'Backlog', 'number backlog'],
  ['clock', 'Clock', 'number clock'],
];

/** Every host: alive, silent or unknown, and since when. */
export function Fleet({ place: { params } }: ViewProps): VNode {
  const { data, error } = useAsk(
    'fleet',
    (signal) => ask<FleetAnswer>('/api/v1/fleet', { form: 'columns' }, signal),
    (answer) => (answer && answer.columns.host.length > LARGE ? LARGE_REFRESH_MS : REFRESH_MS),
  );
  const rows = useMemo(() => (data ? fleetRows(data) : []), [data]);
  const words = params.get('q') ?? '';
  const state = params.get('state') ?? '';
  const sort = params.get('sort') ?? 'state';
  const shown = useMemo(() => orderRows(rows, words, state, sort), [rows, words, state, sort]);
  if (!data)
    return error
      ? h('section', null, h('h1', null, 'Fleet'), h(Trouble, { error }))
      : h(Loading, { what: 'the fleet' });
  const count = (one: string) => rows.filter((row) => row.state === one).length;
  const backlog = rows.reduce((sum, row) => sum + row.backlog, 0);
  const now = data.time;

  const sortBy = (key: SortKey) => change({ sort: sort === key ? `-${key}` : key === 'state' ? null : key }, true);
  const direction = (key: SortKey) => (sort === key ? 'ascending' : sort === `-${key}` ? 'descending' : 'none');
  return h(
    'section',
    'fleet',
    h('h1', null, 'Fleet'),
    error ? h(Trouble, { error }) : null,
    h(
      'div',
      { class: 'tiles', role: 'group', 'aria-label': 'Hosts by state' },
      tile('All hosts', rows.length, '', state, ''),
      tile('Alive', count('connected'), 'connected', state, 'good'),
      tile('Silent', count('gone'), 'gone', state, count('gone') > 0 ? 'bad' : ''),
      tile('Unknown', count('unknown'), 'unknown', state, count('unknown') > 0 ? 'unsure' : ''),
      h('div', 'tile plain', h('b', null, formatCount(backlog)), h('span', null, 'waiting in spools')),
      h(
        'div',
        'tile plain',
        h('b', null, data.relays.length),
        h('span', null, data.relays.length === 1 ? 'relay connected' : 'relays connected'),
      ),
    ),
    h(
      'div',
      'bar',
      h('input', {
        type: 'search',
        class: 'wide',
        value: words,
        placeholder: 'Filter by host, site, relay, version …',
        'aria-label': 'Filter hosts',
        onInput: (event: Event) => change({ q: (event.currentTarget as HTMLInputElement).value }, true),
      }),
      h('label', 'sort-phone', 'Sort ', sortSelect(sort)),
      h(
        'span',
        { class: 'quiet', role: 'status' },
        shown.length === rows.length
          ? plural(rows.length, 'host')
          : `${formatCount(shown.length)} of ${plural(rows.length, 'host')}`,
      ),
    ),
    rows.length === 0
      ? h(
          Message,
          {
            title: 'No host has reported yet',
            text: 'Install a collector and point it to a relay; it appears here as soon as it has connected.',
          },
          h('pre', null, 'heliograph ca issue web-1 --role collector\nheliograph collector --config web-1.yaml'),
        )
      : shown.length === 0
        ? h(
            Message,
            {
              title: 'No host fits',
              text: `${plural(rows.length, 'host')} ${rows.length === 1 ? 'is' : 'are'} there, but none with these words and this state.`,
            },
            h('button', { type: 'button', onClick: () => change({ q: null, state: null }) }, 'Show all'),
          )
        : h(VirtualList, {
            count: shown.length,
            rowHeight: ROW_PX,
            label: 'Hosts',
            keyOf: (i) => shown[i]!.host,
            onOpen: (i) => go(hostAddress(shown[i]!.host)),
            head: h(
              'div',
              { role: 'row', class: 'row', 'aria-rowindex': 1 },
              COLUMNS.map(([key, title, more]) =>
                h(
                  'div',
                  { role: 'columnheader', class: more, 'aria-sort': direction(key) },
                  h(
                    'button',
                    { type: 'button', onClick: () => sortBy(key) },
                    title,
                    direction(key) === 'none' ? null : h('i', { 'aria-hidden': 'true' }, sort === key ? '↑' : '↓'),
                  ),
                ),
              ),
            ),
            row: (i) => cells(shown[i]!, now),
          }),
  );
}

export function hostAddress(host: string): string {
  return address(`/host/${encodeURIComponent(host)}`);
}

function tile(words: string, count: number, value: string, state: string, tone: string): VNode {
  return h(
    'button',
    { type: 'button', class: `tile ${tone}`, 'aria-pressed': state === value, onClick: () => change({ state: value }) },
    h('b', null, formatCount(count)),
    h('span', null, words),
  );
}

function sortSelect(sort: string): VNode {
  return h(
    'select',
    {
      value: sort,
      'aria-label': 'Sort by',
      onChange: (event: Event) => change({ sort: (event.currentTarget as HTMLSelectElement).value }, true),
    },
    COLUMNS.flatMap(([key, title]) => [
      h('option', { value: key }, title),
      h('option', { value: `-${key}` }, `${title}, reversed`),
    ]),
  );
}

function cells(row: Row, now: number): VNode[] {
  const quiet = row.state === 'connected' && row.lastSeen !== null && now - row.lastSeen > QUIET_MS;
  const cell = (more: string, children: unknown, title?: string) =>
    h('div', { role: 'cell', class: more, title }, children as string);
  return [
    cell('name', h('a', { href: hostAddress(row.host) }, row.host)),
    cell('state', h(StateBadge, { state: row.state, since: row.since, now }), row.reason),
    cell(quiet ? 'heard unsure' : 'heard', formatAgo(row.lastSeen, now)),
    cell('site', row.site, row.relay ? `relay ${row.relay}` : undefined),
    cell('version', row.version),
    cell('number series', row.series === null ? '' : formatCount(row.series)),
    cell(row.backlog > 0 ? 'number backlog unsure' : 'number backlog', formatCount(row.backlog)),
    cell(Math.abs(row.clock) > SKEW_MS ? 'number clock bad' : 'number clock', clockWords(row.clock)),
  ];
}

function clockWords(ms: number): string {
  if (Math.abs(ms) < 1_000) return `${ms} ms`;
  return `${formatSpan(Math.abs(ms))} ${ms > 0 ? 'fast' : 'slow'}`;
}
