import type { PageSeries } from '../../core/ports/frames.ts';

/** What a host reports in this benchmark: 100 series with the names and the behaviour of node_exporter's and of one service. */
export const STEP = 10_000;

const MODES = ['idle', 'iowait', 'irq', 'nice', 'softirq', 'steal', 'system', 'user'] as const;
const DISKS = ['vda', 'vdb', 'vdc'] as const;
const DEVICES = ['eth0', 'eth1', 'lo'] as const;
const MOUNTS = ['/', '/boot', '/data', '/var'] as const;
const BUCKETS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '+Inf'] as const;

type Value = (host: number, instant: number) => number;

/** The series of one host, sorted as pages have them, and the value of each. */
export function hostSeries(): { series: PageSeries[]; values: Value[] } {
  const all: { name: string; labels: [string, string][]; value: Value }[] = [];
  const add = (name: string, labels: [string, string][], value: Value) => all.push({ name, labels, value });
  // Far from zero and never falling: how a rate is stretched to a counter's birth is what Prometheus 2 and 3 differ in.
  const counter = (perInstant: number): Value => {
    return (host, instant) => {
      const jitter = ((instant * 7919 + host * 104_729) % 97) / 97;
      return Math.round(1e7 + perInstant * (instant * (1 + host / 200) + 0.8 * jitter));
    };
  };
  const seconds =
    (share: number): Value =>
    (host, instant) =>
      Math.round(counter(share * 1000)(host, instant)) / 100;
  const gauge = (middle: number, swing: number): Value => {
    return (host, instant) => Math.round((middle + swing * Math.sin((instant + host * 13) / 60)) * 100) / 100;
  };
  for (let cpu = 0; cpu < 5; cpu++) {
    for (const [index, mode] of MODES.entries())
      add(
        'node_cpu_seconds_total',
        [
          ['cpu', `${cpu}`],
          ['mode', mode],
        ],
        seconds(mode === 'idle' ? 0.8 : 0.03 + index / 400),
      );
  }
  for (const [index, device] of DISKS.entries()) {
    add('node_disk_read_bytes_total', [['device', device]], counter(40_960 * (index + 1)));
    add('node_disk_written_bytes_total', [['device', device]], counter(81_920 * (index + 1)));
    add('node_disk_io_time_seconds_total', [['device', device]], seconds(0.05 * (index + 1)));
  }
  for (const [index, device] of DEVICES.entries()) {
    for (const name of [
      'receive_bytes',
      'transmit_bytes',
      'receive_packets',
      'transmit_packets',
      'receive_errs',
      'transmit_errs',
    ]) {
      add(
        `node_network_${name}_total`,
        [['device', device]],
        name.endsWith('errs') ? () => index : counter(name.endsWith('bytes') ? 120_000 : 90),
      );
    }
  }
  for (const [index, mountpoint] of MOUNTS.entries()) {
    const size = 2 ** 34 * (index + 1);
    add('node_filesystem_size_bytes', [['mountpoint', mountpoint]], () => size);
    add(
      'node_filesystem_avail_bytes',
      [['mountpoint', mountpoint]],
      (host, instant) => Math.floor(size * 0.6) - Math.floor((instant + host) / 30) * 4096,
    );
  }
  for (const [name, middle, swing] of [
    ['MemAvailable', 6e9, 1e9],
    ['MemFree', 2e9, 5e8],
    ['Buffers', 2e8, 1e7],
    ['Cached', 3e9, 2e8],
  ] as const) {
    add(
      `node_memory_${name}_bytes`,
      [],
      (host, instant) => Math.floor(gauge(middle, swing)(host, instant) / 4096) * 4096,
    );
  }
  add('node_memory_MemTotal_bytes', [], () => 8_589_934_592);
  for (const [name, swing] of [
    ['node_load1', 1.2],
    ['node_load5', 0.8],
    ['node_load15', 0.5],
  ] as const) {
    // No two hosts alike: which of equals topk takes is nobody's promise.
    add(name, [], (host, instant) => gauge(1.5, swing)(host, instant) + host / 100_000);
  }
  add('node_boot_time_seconds', [], (host) => 1_700_000_000 + host);
  add('up', [], () => 1);
  for (const [index, le] of BUCKETS.entries())
    add('http_request_duration_seconds_bucket', [['le', le]], counter(12 * (index + 1)));
  add('http_request_duration_seconds_count', [], counter(12 * BUCKETS.length));
  add('http_request_duration_seconds_sum', [], seconds(0.9));
  add('process_resident_memory_bytes', [], (host, instant) => Math.floor(gauge(2e8, 1e7)(host, instant) / 4096) * 4096);
  add('process_open_fds', [], (host, instant) => 40 + ((host + instant) % 9));
  all.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return { series: all.map(({ name, labels }) => ({ name, labels })), values: all.map(({ value }) => value) };
}

function key({ name, labels }: { name: string; labels: readonly (readonly [string, string])[] }): string {
  return [name, ...labels.flat()].join('\0');
}

/** The queries of ten panels of a fleet's dashboard, as Grafana asks them for six hours. */
export const PANELS: readonly { readonly title: string; readonly expression: string }[] = [
  { title: 'CPU busy by host', expression: '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[2m]))' },
  { title: 'CPU by mode', expression: 'sum by (mode) (rate(node_cpu_seconds_total[5m]))' },
  { title: 'memory used', expression: '1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes' },
  { title: 'highest load', expression: 'topk(10, node_load1)' },
  {
    title: 'disk throughput by host',
    expression: 'sum by (instance) (rate(node_disk_read_bytes_total[5m]) + rate(node_disk_written_bytes_total[5m]))',
  },
  {
    title: 'network received by host',
    expression: 'sum by (instance) (rate(node_network_receive_bytes_total{device!="lo"}[5m]))',
  },
  {
    title: 'fullest file system',
    expression: 'max by (instance) (1 - node_filesystem_avail_bytes / node_filesystem_size_bytes)',
  },
  {
    title: 'latency p99',
    expression: 'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))',
  },
  {
    title: 'one host by CPU',
    expression: 'sum by (cpu) (rate(node_cpu_seconds_total{instance="h7",mode!="idle"}[2m]))',
  },
  { title: 'load over ten minutes, p95 of hosts', expression: 'quantile(0.95, max_over_time(node_load1[10m]))' },
];
