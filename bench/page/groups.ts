/** The order of the page: what a reader wants first, the whole system before its parts. Benchmarks that stand nowhere come last. */
export const GROUPS: readonly { readonly title: string; readonly benches: readonly string[] }[] = [
  {
    title: 'The whole system',
    benches: [
      'end-to-end',
      'scale',
      'soak',
      'storm',
      'alert-latency',
      'watch-latency',
      'hand-over',
      'log-flood',
      'availability',
      'engines-outage',
      'log-freshness',
      'freshness-beside-readers',
    ],
  },
  { title: 'Beside others', benches: ['peers', 'host-agents', 'large-host', 'rotations', 'dashboard'] },
  {
    title: 'Relay',
    benches: [
      'relay',
      'relay-steady',
      'relay-websocket',
      'relay-workers',
      'relay-connections',
      'relay-status',
      'relay-rollups',
      'relay-shape',
      'relay-limits',
      'label-bomb',
      'relay-doors',
      'relay-syslog',
      'relay-rules',
      'relay-alone',
      'rollup-engine',
      'sketches',
    ],
  },
  {
    title: 'Core',
    benches: ['core', 'core-many-hosts', 'core-rules', 'victoriametrics', 'doors', 'kafka', 'indexer', 'pipeline'],
  },
  { title: 'Embedded stores and queries', benches: ['metric-store', 'log-store', 'promql'] },
  {
    title: 'Collector',
    benches: [
      'collector-logs',
      'collector-memory',
      'collector-siege',
      'collector-doors',
      'tail',
      'tail-records',
      'mask',
      'mask-corpus',
      'relabel',
    ],
  },
  { title: 'Wire and journal', benches: ['bytes-per-sample', 'codec', 'journal'] },
  { title: 'The simulator', benches: ['simulator'] },
];
const REST = 'More';

/** The group of a benchmark, and its place in the order of the page. */
export function placeOf(bench: string): { readonly group: string; readonly at: number } {
  let at = 0;
  for (const { title, benches } of GROUPS) {
    const index = benches.indexOf(bench);
    if (index >= 0) return { group: title, at: at + index };
    at += benches.length;
  }
  return { group: REST, at };
}
