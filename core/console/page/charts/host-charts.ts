import type { Unit } from '../format.ts';
import type { Line } from './chart.ts';
import { type Grid, linesBy, queryRange } from './query-range.ts';

/** One chart of a host: what is asked and how it is drawn. */
export interface HostChart {
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  readonly top?: number;
  /** @param host a selector's label matcher, `instance="web-1"` @param window of a rate, `40s` */
  readonly queries: (host: string, window: string) => readonly string[];
  readonly lines: (grids: readonly Grid[]) => readonly Line[];
}

const NO_DEVICES = 'device!~"lo|veth.*|loop.*|ram.*|zram.*|dm-.*|fd.*|sr.*"';
const NO_FILES = 'fstype!~"tmpfs|ramfs|squashfs|overlay|devtmpfs|iso9660|nsfs|fuse.lxcfs"';

/** The names are node_exporter's, which the collector's are as well. */
export const HOST_CHARTS: readonly HostChart[] = [
  {
    name: 'cpu',
    title: 'CPU',
    unit: 'percent',
    top: 100,
    queries: (host, window) => [
      `100 * (1 - avg(rate(node_cpu_seconds_total{${host},mode="idle"}[${window}])))`,
      `100 * avg by (mode) (rate(node_cpu_seconds_total{${host},mode=~"user|system|iowait|steal"}[${window}]))`,
    ],
    lines: ([busy, modes]) => [
      ...one(busy, 'busy', { fill: true, colour: 0 }),
      ...linesBy(modes!, 'mode').map((line, i) => ({ ...line, colour: i + 1 })),
    ],
  },
  {
    name: 'memory',
    title: 'Memory',
    unit: 'bytes',
    queries: (host) => [
      `node_memory_MemTotal_bytes{${host}} - node_memory_MemAvailable_bytes{${host}}`,
      `node_memory_Cached_bytes{${host}} + node_memory_Buffers_bytes{${host}}`,
      `node_memory_SwapTotal_bytes{${host}} - node_memory_SwapFree_bytes{${host}} > 0`,
      `node_memory_MemTotal_bytes{${host}}`,
    ],
    lines: ([used, cache, swap, total]) => [
      ...one(used, 'used', { fill: true, colour: 4 }),
      ...one(cache, 'cache', { colour: 2 }),
      ...one(swap, 'swap', { colour: 3 }),
      ...one(total, 'total', { dashed: true, colour: 7 }),
    ],
  },
  {
    name: 'load',
    title: 'Load',
    unit: 'short',
    queries: (host) => [
      `node_load1{${host}}`,
      `node_load5{${host}}`,
      `node_load15{${host}}`,
      `count(node_cpu_seconds_total{${host},mode="idle"})`,
    ],
    lines: ([minute, five, fifteen, cores]) => [
      ...one(minute, '1 min', { colour: 0, fill: true }),
      ...one(five, '5 min', { colour: 1 }),
      ...one(fifteen, '15 min', { colour: 2 }),
      ...one(cores, 'cores', { dashed: true, colour: 7 }),
    ],
  },
  {
    name: 'network',
    title: 'Network: received, and sent below zero',
    unit: 'bytes/s',
    queries: (host, window) => [
      `topk(4, rate(node_network_receive_bytes_total{${host},${NO_DEVICES}}[${window}]))`,
      `-rate(node_network_transmit_bytes_total{${host},${NO_DEVICES}}[${window}])`,
    ],
    lines: ([received, sent]) => pairs(received!, sent!, 'in', 'out'),
  },
  {
    name: 'disk',
    title: 'Disks: written, and read below zero',
    unit: 'bytes/s',
    queries: (host, window) => [
      `topk(4, rate(node_disk_written_bytes_total{${host},${NO_DEVICES}}[${window}]))`,
      `-rate(node_disk_read_bytes_total{${host},${NO_DEVICES}}[${window}])`,
    ],
    lines: ([written, read]) => pairs(written!, read!, 'write', 'read'),
  },
  {
    name: 'space',
    title: 'Disk space used',
    unit: 'percent',
    top: 100,
    queries: (host) => [
      `100 * (1 - node_filesystem_avail_bytes{${host},${NO_FILES}} / node_filesystem_size_bytes{${host},${NO_FILES}})`,
    ],
    lines: ([used]) => linesBy(used!, 'mountpoint').slice(0, 6),
  },
];

/** The answer of one chart's queries on one grid. */
export async function loadChart(
  chart: HostChart,
  host: string,
  range: { start: number; end: number },
  step: number,
  interval: number,
  signal: AbortSignal,
): Promise<{ times: readonly number[]; lines: readonly Line[] }> {
  const window = `${Math.max(step, Math.ceil(interval * 4))}s`;
  const lookback = Math.max(step, Math.ceil(interval * 2.5));
  const matcher = `instance=${JSON.stringify(host)}`;
  const grids = await Promise.all(
    chart.queries(matcher, window).map((query) => queryRange(query, range, step, { lookback }, signal)),
  );
  return { times: grids[0]!.times, lines: chart.lines(grids) };
}

function one(grid: Grid | undefined, label: string, more: Partial<Line>): Line[] {
  return (grid?.series ?? []).slice(0, 1).map(({ values }) => ({ label, values, ...more }));
}

/** Two directions of the same devices in one colour a device. */
function pairs(up: Grid, down: Grid, upWord: string, downWord: string): Line[] {
  const devices = [...new Set(up.series.map(({ metric }) => metric.device ?? ''))].sort().slice(0, 4);
  return devices.flatMap((device, colour) =>
    (
      [
        [up, upWord],
        [down, downWord],
      ] as const
    ).flatMap(([grid, word]) => {
      // topk may change its mind over time; a device is in one series all the same.
      const found = grid.series.filter(({ metric }) => metric.device === device);
      const values = found[0]?.values;
      return values ? [{ label: `${device} ${word}`, values, colour, fill: true, dashed: word === downWord }] : [];
    }),
  );
}
