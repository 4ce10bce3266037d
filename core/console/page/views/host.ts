import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { apiAddress, ask } from '../api.ts';
import { Chart } from '../charts/chart.ts';
import { emptyTimes, explained, type GapsAnswer, type Hole, UNDECLARED } from '../charts/holes.ts';
import { HOST_CHARTS, type HostChart, loadChart } from '../charts/host-charts.ts';
import { holeWords } from '../charts/layers.ts';
import { queryRange } from '../charts/query-range.ts';
import { h } from '../element.ts';
import { formatCount, plural } from '../format.ts';
import { HostLines } from '../parts/host-lines.ts';
import { icon } from '../parts/icon.ts';
import { Loading, Message, Trouble } from '../parts/message.ts';
import { StateBadge } from '../parts/state-badge.ts';
import { TimePicker } from '../parts/time-picker.ts';
import { change, type Place } from '../router.ts';
import { aligned, fixedRange, readRange, refreshMs, stepOf, type TimeRange } from '../time-range.ts';
import { useAsk } from '../use-ask.ts';

interface HostAnswer {
  readonly host: string;
  readonly state: string;
  readonly since: number | null;
  readonly lastSeen: number | null;
  readonly reason: string;
  readonly relay: string | null;
  readonly site: string | null;
  readonly version: string | null;
  readonly profile: string | null;
  readonly series: number | null;
  readonly clockSkewMs: number;
  readonly backlog: { readonly items: number };
}

const POINTS = 240;
/** Where nothing tells how often a host samples. */
const USUAL_INTERVAL = 10;

/** One host: its charts and its lines over the same time. */
export function Host({ host, place: { params } }: { host: string; place: Place }): VNode {
  const status = useAsk(
    `host ${host}`,
    (signal) => ask<HostAnswer>(`/api/v1/fleet/${encodeURIComponent(host)}`, {}, signal),
    5_000,
  );
  const interval = useAsk(`interval ${host}`, (signal) => samplingInterval(host, signal));
  const range = readRange(params, Date.now());
  const step = stepOf(range, POINTS);
  const seconds = interval.data ?? null;
  const key = seconds === null && !interval.error ? null : `${host} ${rangeKey(range)} ${step}`;
  const pace = refreshMs(range, Math.max(step, 5));
  const holes = useAsk(key, (signal) => holesOf(host, range, step, seconds ?? USUAL_INTERVAL, signal), pace);
  const mark = Number(params.get('at')) || null;
  if (status.error && !status.data) {
    return h(
      'section',
      null,
      h('h1', null, host),
      h(Message, {
        title: 'Nothing is known of this host',
        text: 'No relay has reported it. Look for its name in the fleet, or check that its collector runs and reaches a relay.',
        children: h('a', { href: '/fleet' }, 'To the fleet'),
      }),
    );
  }
  return h(
    'section',
    'host',
    h(
      'div',
      'title',
      h('a', { href: '/fleet', class: 'back', 'aria-label': 'To the fleet' }, icon('back')),
      h('h1', null, host),
      status.data ? h(StateBadge, { state: status.data.state, since: status.data.since, now: Date.now() }) : null,
      h('span', 'grow'),
      h(TimePicker, { range }),
    ),
    status.data ? facts(status.data) : null,
    h(
      'div',
      'beside',
      h(
        'div',
        'charts',
        HOST_CHARTS.map((chart) =>
          h(ChartOf, {
            key: chart.name,
            chart,
            host,
            range,
            step,
            interval: seconds,
            at: key,
            pace,
            holes: holes.data ?? NONE,
            mark,
          }),
        ),
      ),
      h(HostLines, { host, range, mark }),
    ),
    h(HoleList, { holes: holes.data ?? NONE }),
  );
}

const NONE: readonly Hole[] = [];

/** Moving ranges are one question that is asked again; the others are questions of their own. */
function rangeKey(range: TimeRange): string {
  return range.span ?? `${range.start} ${range.end}`;
}

function facts(host: HostAnswer): VNode {
  const list: [string, string][] = [
    ['Relay', host.relay ?? 'none'],
    ['Site', host.site ?? ''],
    ['Version', host.version ?? ''],
    ['Profile', host.profile ?? ''],
    ['Series', host.series === null ? '' : formatCount(host.series)],
    ['Backlog', host.backlog.items === 0 ? 'none' : plural(host.backlog.items, 'item')],
    ['Clock', `${Math.round(host.clockSkewMs)} ms`],
  ];
  return h(
    'dl',
    'facts',
    host.reason === '' ? null : h('div', 'why', h('dt', null, 'Why'), h('dd', null, host.reason)),
    list
      .filter(([, value]) => value !== '')
      .map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))),
  );
}

interface ChartOfProps {
  readonly chart: HostChart;
  readonly host: string;
  readonly range: TimeRange;
  readonly step: number;
  readonly interval: number | null;
  readonly at: string | null;
  readonly pace: number | null;
  readonly holes: readonly Hole[];
  readonly mark: number | null;
}

function ChartOf({ chart, host, range, step, interval, at, pace, holes, mark }: ChartOfProps): VNode {
  const { data, error, key } = useAsk(
    at === null ? null : `${chart.name} ${at}`,
    async (signal) => {
      // The end is now, at the time of asking and not at that of drawing.
      const asked = range.span === null ? range : readRange(new URLSearchParams({ range: range.span }), Date.now());
      const grid = await loadChart(chart, host, aligned(asked, step), step, interval ?? USUAL_INTERVAL, signal);
      return { ...grid, start: asked.start, end: asked.end };
    },
    pace,
  );
  if (!data)
    return h(
      'figure',
      'chart',
      h('figcaption', null, chart.title),
      error ? h(Trouble, { error }) : h(Loading, { what: chart.title }),
    );
  if (data.lines.length === 0) {
    const why = holes.at(-1)?.reason;
    return h(
      'figure',
      'chart',
      h('figcaption', null, chart.title),
      h(
        'p',
        'nothing',
        why === undefined || why === UNDECLARED
          ? 'No samples in this time. Choose a longer one, or look whether the host has this and sends it.'
          : `No samples in this time: ${why}.`,
      ),
    );
  }
  return h(Chart, {
    title: chart.title,
    unit: chart.unit,
    times: data.times,
    lines: data.lines,
    start: key === `${chart.name} ${at}` ? data.start : range.start,
    end: key === `${chart.name} ${at}` ? data.end : range.end,
    holes,
    mark,
    ...(chart.top === undefined ? {} : { top: chart.top }),
    sync: 'host',
    onZoom: (start, end) => change({ ...fixedRange(start, end), at: null }),
    onPick: (time) => change({ at: String(Math.round(time)) }),
  });
}

/** The list of holes in words, for those who do not see or point at the bands. */
function HoleList({ holes }: { holes: readonly Hole[] }): VNode | null {
  const [all, show] = useState(false);
  if (holes.length === 0) return null;
  const shown = all ? holes : holes.slice(-5);
  return h(
    'section',
    { class: 'hole-list', 'aria-label': 'Gaps' },
    h('h2', null, plural(holes.length, 'gap'), ' in this time'),
    h(
      'ul',
      null,
      shown.toReversed().map((hole) => h('li', { class: hole.kind }, holeWords(hole))),
    ),
    holes.length > 5 && !all ? h('button', { type: 'button', onClick: () => show(true) }, 'Show all') : null,
  );
}

/** Where the host has no samples, with the reasons the core knows. */
async function holesOf(
  host: string,
  range: TimeRange,
  step: number,
  interval: number,
  signal: AbortSignal,
): Promise<Hole[]> {
  const asked = range.span === null ? range : readRange(new URLSearchParams({ range: range.span }), Date.now());
  const { start, end } = aligned(asked, step);
  const lookback = Math.max(step, Math.ceil(interval * 2.5));
  const matcher = `instance=${JSON.stringify(host)}`;
  const [grid, gaps] = await Promise.all([
    queryRange(
      `count({__name__=~"node_load1|heliograph_collector_series|node_boot_time_seconds",${matcher}})`,
      { start, end },
      step,
      { lookback },
      signal,
    ),
    ask<GapsAnswer>('/api/v1/gaps', { host, start: asked.start / 1000, end: asked.end / 1000 }, signal),
  ]);
  const values = grid.series[0]?.values ?? [];
  const times = grid.times.map((time) => time * 1000);
  const seen = times.findIndex((_, i) => (values[i] ?? null) !== null);
  // Before its first sample a host was not there, which is no hole, unless a silence says so.
  const from =
    seen < 0 ? asked.start : gaps.silences.some((one) => one.from < times[seen]!) ? asked.start : times[seen]!;
  const longest = Math.max(step * 1.5, lookback) * 1000;
  const last = Math.min(asked.end, Date.now());
  const empty = emptyTimes(times, (i) => (values[i] ?? null) !== null, from, last, longest);
  // A sample is shown for as long as the look back; the hole began where the last one was.
  return explained(
    empty.map((hole) => ({
      from: Math.max(from, hole.from - (hole.from === from ? 0 : lookback * 1000)),
      to: hole.to,
    })),
    gaps,
    'metric',
  );
}

/** Seconds between two samples of a host: the middle of the latest distances. */
async function samplingInterval(host: string, signal: AbortSignal): Promise<number> {
  const end = Date.now() / 1000;
  const matcher = `instance=${JSON.stringify(host)}`;
  const path = apiAddress('/api/v1/export', {
    'match[]': [`node_load1{${matcher}}`, `heliograph_collector_series{${matcher}}`],
    start: end - 1_800,
    end,
  });
  const answer = await fetch(path, { signal });
  const distances: number[] = [];
  for (const line of (await answer.text()).split('\n')) {
    if (line === '' || !answer.ok) continue;
    const { timestamps } = JSON.parse(line) as { timestamps: number[] };
    for (let i = 1; i < timestamps.length; i++) distances.push((timestamps[i]! - timestamps[i - 1]!) / 1000);
  }
  distances.sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] || USUAL_INTERVAL;
}
