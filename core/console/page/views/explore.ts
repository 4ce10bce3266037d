import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { ask } from '../api.ts';
import { Chart } from '../charts/chart.ts';
import { emptyTimes, explained, type GapsAnswer, type Hole } from '../charts/holes.ts';
import { seriesClass } from '../charts/palette.ts';
import { type Grid, queryRange, seriesName } from '../charts/query-range.ts';
import { h } from '../element.ts';
import { formatCount, formatValue, plural } from '../format.ts';
import type { ViewProps } from '../lazy-view.ts';
import { Loading, Message, Trouble } from '../parts/message.ts';
import { table } from '../parts/table.ts';
import { TimePicker } from '../parts/time-picker.ts';
import { QueryField } from '../promql/field.ts';
import { wrongPlace } from '../promql/wrong-place.ts';
import { address, change, go } from '../router.ts';
import { aligned, fixedRange, readRange, refreshMs, stepOf, type TimeRange } from '../time-range.ts';
import { useAsk } from '../use-ask.ts';

const POINTS = 300;
const MOST_SERIES = 200;
/** More than this are not told apart by eye. */
const DRAWN = 50;
const TABLE_ROWS = 200;
/** Gaps are asked for so many hosts; of more, nobody reads the bands. */
const GAP_HOSTS = 5;
const REFRESH_LEAST_S = 5;

const EXAMPLES: readonly (readonly [words: string, query: string])[] = [
  ['Load of every host', 'node_load1'],
  ['CPU busy, % by host', '100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[2m])))'],
  ['Memory available, share', 'node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes'],
  ['Busiest networks', 'topk(5, sum by (instance) (rate(node_network_receive_bytes_total[2m])))'],
  ['Disks fuller than 80 %', '100 * (1 - node_filesystem_avail_bytes / node_filesystem_size_bytes) > 80'],
];

/** Any PromQL: chart and table, with the query in the address bar. */
export function Explore({ place: { params } }: ViewProps): VNode {
  const query = params.get('query') ?? '';
  const listed = params.get('show') === 'table';
  const [text, type] = useState(query);
  const [turn, again] = useState(0);
  useEffect(() => type(query), [query]);
  const range = readRange(params, Date.now());
  const step = stepOf(range, POINTS);
  const { data, error } = useAsk(
    query === '' ? null : JSON.stringify([query, range.span ?? [range.start, range.end], step, turn]),
    (signal) => load(query, range, step, signal),
    refreshMs(range, Math.max(step, REFRESH_LEAST_S)),
  );
  const wrong = error ? wrongPlace(query, error.message) : null;
  const run = () => {
    change({ query: text.trim() });
    again(turn + 1);
  };
  return h(
    'section',
    'explore',
    h('div', 'title', h('h1', null, 'Metrics'), h('span', 'grow'), h(TimePicker, { range })),
    h(
      'form',
      {
        class: 'query-line',
        onSubmit: (event: Event) => {
          event.preventDefault();
          run();
        },
      },
      h(QueryField, { value: text, onInput: type, onRun: run, wrongAt: text === query ? (wrong?.at ?? null) : null }),
      h('button', { type: 'submit', class: 'primary' }, 'Run'),
    ),
    wrong
      ? h(
          'div',
          { class: 'trouble', role: 'alert' },
          h('pre', 'wrong', `${wrong.line}\n${' '.repeat(wrong.column)}^`),
          h('p', null, wrong.words, h('span', 'quiet', ` (column ${wrong.column + 1})`)),
        )
      : error
        ? h(Trouble, { error })
        : null,
    query === ''
      ? h(
          Message,
          { title: 'Ask something', text: 'Write PromQL above, or begin with one of these.' },
          h(
            'ul',
            'examples',
            EXAMPLES.map(([words, example]) =>
              h('li', null, h('a', { href: address('/explore', { query: example }) }, words), h('code', null, example)),
            ),
          ),
        )
      : data
        ? h(Result, { key: query, data, range, listed })
        : error
          ? null
          : h(Loading, { what: 'the answer' }),
  );
}

interface Loaded {
  readonly grid: Grid;
  readonly holes: readonly Hole[];
  readonly start: number;
  readonly end: number;
  readonly ms: number;
}

async function load(query: string, range: TimeRange, step: number, signal: AbortSignal): Promise<Loaded> {
  const began = performance.now();
  const asked = range.span === null ? range : readRange(new URLSearchParams({ range: range.span }), Date.now());
  const grid = await queryRange(query, aligned(asked, step), step, { limit: MOST_SERIES }, signal);
  const ms = performance.now() - began;
  return { grid, holes: await holesOf(grid, asked, step, signal), start: asked.start, end: asked.end, ms };
}

/** The holes of the hosts that stand in the answer; where all is there, none. */
async function holesOf(grid: Grid, range: TimeRange, step: number, signal: AbortSignal): Promise<Hole[]> {
  const hosts = [...new Set(grid.series.map(({ metric }) => metric.instance ?? ''))].filter((host) => host !== '');
  if (hosts.length === 0 || hosts.length > GAP_HOSTS) return [];
  const times = grid.times.map((time) => time * 1000);
  const found = await Promise.all(
    hosts.map(async (host) => {
      const answer = await ask<GapsAnswer>(
        '/api/v1/gaps',
        { host, start: range.start / 1000, end: range.end / 1000 },
        signal,
      );
      const rows = grid.series.filter(({ metric }) => metric.instance === host);
      const present = (i: number) => rows.some(({ values }) => values[i] !== null);
      const first = times.findIndex((_, i) => present(i));
      const from = first < 0 || answer.silences.some((one) => one.from < times[first]!) ? range.start : times[first]!;
      const last = Math.min(range.end, Date.now()) - step * 1000;
      const holes = explained(emptyTimes(times, present, from, last, step * 1500), answer, 'metric');
      return holes.map((hole) => (hosts.length > 1 ? { ...hole, reason: `${host}: ${hole.reason}` } : hole));
    }),
  );
  return found.flat().sort((a, b) => a.from - b.from);
}

function Result({ data, range, listed }: { data: Loaded; range: TimeRange; listed: boolean }): VNode {
  const { grid, holes } = data;
  const lines = useMemo(
    () =>
      grid.series.slice(0, DRAWN).map(({ metric, values }, i) => ({ label: seriesName(metric), values, colour: i })),
    [grid],
  );
  if (grid.series.length === 0) {
    return h(Message, {
      title: 'No series in this time',
      text: 'The query is valid and finds nothing. Look at the name and the labels, or choose a longer time.',
    });
  }
  const cut = grid.warnings.length > 0 ? `; ${grid.warnings.join('; ')}` : '';
  return h(
    'div',
    'result',
    h(
      'div',
      'bar',
      h(
        'div',
        { class: 'tabs', role: 'group', 'aria-label': 'Show as' },
        h('button', { type: 'button', 'aria-pressed': !listed, onClick: () => change({ show: null }) }, 'Chart'),
        h('button', { type: 'button', 'aria-pressed': listed, onClick: () => change({ show: 'table' }) }, 'Table'),
      ),
      h(
        'span',
        { class: 'quiet', role: 'status' },
        `${plural(grid.series.length, 'series', 'series')} in ${formatCount(Math.round(data.ms))} ms${cut}`,
      ),
    ),
    listed
      ? null
      : h(Chart, {
          title: grid.series.length > DRAWN ? `The first ${DRAWN} of ${formatCount(grid.series.length)} series` : '',
          unit: 'short',
          times: grid.times,
          lines,
          start: data.start,
          end: data.end,
          holes,
          height: 360,
          legend: false,
          onZoom: (start, end) => change(fixedRange(start, end)),
          onPick: (time) => go(address('/logs', { ...minute(time), ...(hostOf(grid) ? { host: hostOf(grid)! } : {}) })),
        }),
    h(SeriesTable, { grid, coloured: !listed }),
    range.span === null || listed
      ? null
      : h('p', 'quiet', 'Drag over the chart for a shorter time; a click shows the lines of that minute.'),
  );
}

function minute(time: number): { from: string; to: string } {
  const { from, to } = fixedRange(time - 30_000, time + 30_000);
  return { from, to };
}

/** The host that all series are of, if they are of one. */
function hostOf(grid: Grid): string | null {
  const hosts = new Set(grid.series.map(({ metric }) => metric.instance ?? ''));
  const [only] = hosts;
  return hosts.size === 1 && only ? only : null;
}

function SeriesTable({ grid, coloured }: { grid: Grid; coloured: boolean }): VNode {
  const rows = grid.series.slice(0, TABLE_ROWS).map(({ metric, values }, i) => {
    const there = values.filter((value) => value !== null);
    const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
    const least = there.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
    const most = there.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
    const name = h(
      'span',
      'series',
      coloured && i < DRAWN ? h('i', { class: `swatch ${seriesClass(i)}` }) : null,
      seriesName(metric),
    );
    return [name, ...[there.at(-1), least, mean, most].map((value) => formatValue(there.length > 0 ? value : null))];
  });
  return h(
    'div',
    null,
    table('Series', ['Series', 'Latest', 'Lowest', 'Mean', 'Highest'], rows, [1, 2, 3, 4]),
    grid.series.length > TABLE_ROWS
      ? h('p', 'quiet', `${formatCount(grid.series.length - TABLE_ROWS)} more are not shown.`)
      : null,
  );
}
