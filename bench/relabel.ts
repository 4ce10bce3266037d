import { LineRules } from '../collector/core/logs/line-rules.ts';
import { SeriesRules } from '../collector/core/sampling/series-rules.ts';
import { SeriesTable } from '../collector/core/sampling/series-table.ts';
import { nodeRelabeler } from '../lib/relabel/node-relabeler.ts';
import type { RelabelRule } from '../lib/relabel/rule.ts';
import { relabelRules } from '../lib/relabel/schema.ts';
import type { BenchResult } from './result.ts';

const SERIES = 1000;
const COLLECTIONS = 2000;
const LINES = 200_000;

const TEN_RULES: Partial<RelabelRule>[] = [
  ...Array.from({ length: 6 }, (_, i) => ({
    source_labels: ['__name__'],
    regex: `unwanted_${i}_.*`,
    action: 'drop' as const,
  })),
  { source_labels: ['device'], regex: '(.*)-([0-9]+)', target_label: 'kind', replacement: '$1' },
  { source_labels: ['device'], target_label: 'device', action: 'lowercase' },
  { regex: 'tmp_.*', action: 'labeldrop' },
  { target_label: 'team', replacement: 'network' },
];

/** What rules cost a collector: nothing where there are none, once a series, and once a line where they read its text. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  const sample = (name: string, value: number, note: string) => results.push({ name, value, unit: 'CPU ns', note });
  const rules = relabelRules('metrics').parse(TEN_RULES);
  const series = Array.from({ length: SERIES }, (_, i) => ['device', `Eth-${i}`]);
  for (const [name, seriesRules] of [
    ['a sample without rules', null],
    ['a sample with ten rules', new SeriesRules(nodeRelabeler(rules, 'metrics'))],
  ] as const) {
    const table = new SeriesTable({
      labels: { job: 'node' },
      limit: SERIES,
      onCapped: () => undefined,
      rules: seriesRules,
    });
    const collect = () => {
      table.begin();
      for (const labels of series) table.add('node_network_bytes_total', labels, 1);
    };
    const first = spent(collect);
    if (seriesRules !== null)
      sample('a new series with ten rules', (first * 1e9) / SERIES, 'once, when it is first seen');
    const all = spent(() => {
      for (let i = 0; i < COLLECTIONS; i++) collect();
    });
    if (table.size !== SERIES) throw new Error(`${table.size} series, not ${SERIES}`);
    sample(name, (all * 1e9) / COLLECTIONS / SERIES, 'finding its series again');
  }
  for (const [name, reads] of [
    ['a line, rules that do not read its text', []],
    [
      'a line of 100 bytes, and one rule that reads its text',
      [{ source_labels: ['message'], regex: '.*GET /health.*', action: 'drop' as const }],
    ],
  ] as const) {
    const logRules = relabelRules('logs').parse([
      ...reads,
      { source_labels: ['service.name', 'log.level'], regex: 'shop;debug', action: 'drop' },
      { target_label: 'labels.team', replacement: 'payments' },
    ]);
    const lines = new LineRules(nodeRelabeler(logRules, 'logs'));
    const line = { service: 'shop', level: 'info', fields: { 'log.file.path': '/var/log/shop.log' } };
    const text = `INFO paid order 17 ${'x'.repeat(80)}`;
    const all = spent(() => {
      for (let i = 0; i < LINES; i++) lines.shape(line, () => text);
    });
    sample(name, (all * 1e9) / LINES, 'what the rules alone take');
  }
  return results;
}

/** CPU seconds of this process. */
function spent(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
