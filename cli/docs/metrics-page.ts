import { type MetricFamily, metricFamilies } from './metric-families.ts';

/** What stands in the column of labels until somebody writes there what they are. */
export const UNWRITTEN = '?';
const TIERS = [
  [
    'core',
    'Core',
    'At `/metrics` of `http.listen`, each process of a split core has its own. Which families there are depends on its roles and engines.',
  ],
  [
    'relay',
    'Relay',
    'At `/metrics` of `http.listen`. With several workers they are summed over all, those of `heliograph_relay_worker_` tell of each.',
  ],
] as const;

/**
 * docs/metrics.md as the source has it now. Labels are not in the source in a form that can be read: they stay as the page has them,
 * and a family that is new gets a `?` to be replaced.
 * @param root of the project @param before the page as it is
 */
export function metricsPage(root: string, before: string): string {
  const families = metricFamilies(root);
  const labels = new Map(rowsOf(before).map((row) => [row.name, row.labels]));
  const sections = TIERS.map(([tier, title, where]) => {
    const rows = families.filter(({ name }) => name.startsWith(`heliograph_${tier}_`));
    const lines = rows.map((family) => row(family, labels.get(family.name) ?? UNWRITTEN));
    return `## ${title}\n\n${where}\n\n| name | type | labels | meaning |\n|---|---|---|---|\n${lines.join('\n')}\n`;
  });
  const collector = before.indexOf(COLLECTOR);
  return `${INTRODUCTION}\n${sections.join('\n')}\n${collector < 0 ? `${COLLECTOR}\n` : before.slice(collector)}`;
}

/** One row of the page's tables. */
export interface MetricRow {
  readonly name: string;
  readonly type: string;
  /** As it is written: names in backticks, with commas; empty: none. */
  readonly labels: string;
}

export function rowsOf(page: string): MetricRow[] {
  return [...page.matchAll(/^\| `(heliograph_\w+)` \| (\w+) \| ([^|]*) \|/gm)].map(([, name, type, labels]) => ({
    name: name!,
    type: type!,
    labels: labels!.trim(),
  }));
}

/** The names in a row's column of labels. */
export function labelNames({ labels }: MetricRow): string[] {
  return [...labels.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
}

const COLLECTOR = '## Collector';
const INTRODUCTION = `# Metrics of Heliograph itself

What each tier counts of itself, by name. A histogram has \`_bucket\` with the label \`le\`, \`_sum\` and \`_count\` behind its name. The tables of core
and relay are made from the source: \`npm run docs\`. What to look at when something is wrong stands in [operations.md](operations.md); who
raises the alarm over these figures is [the watch](watch.md).
`;

function row({ name, type, help }: MetricFamily, labels: string): string {
  return `| \`${name}\` | ${type} | ${labels} | ${help.replace(/\.$/, '').replaceAll('|', '\\|')} |`;
}
