import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { metricFamilies } from '../../cli/docs/metric-families.ts';
import { labelNames, rowsOf } from '../../cli/docs/metrics-page.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { until } from '../support/until.ts';

const rows = new Map(rowsOf(readFileSync('docs/metrics.md', 'utf8')).map((row) => [row.name, row]));
const meanings = new Map(metricFamilies('.').map(({ name, help }) => [name, help]));

/** What belongs to parts that are not started here: engines, and a relay of one process. */
const ELSEWHERE: Readonly<Record<string, RegExp>> = {
  core: /^heliograph_core_(year|bulk|bus_sent|bus_unread|indexer_file|metric_store_(door|ignored|requests|resent|sent|unconfirmed|waiting_samples))/,
  relay: /^heliograph_relay_rules_refused$/,
};

function file(directory: string, name: string, content: object): string {
  const path = join(directory, name);
  writeFileSync(path, stringify(content));
  return path;
}

let fleet: Fleet;
beforeAll(async () => {
  const relabel = [{ source_labels: ['__name__'], regex: 'unwanted', action: 'drop' }];
  fleet = await createFleet({
    collectors: 1,
    interval: '1s',
    core: (directory) => ({
      alerts: {
        logs: {
          file: file(directory, 'log-alerts.yaml', { rules: [{ alert: 'L', count: { above: 1e6, within: '5m' } }] }),
        },
      },
      // Nobody is there: the figure is.
      watch: { to: ['127.0.0.1:9'] },
      cardinality: {},
      indexer: { services: [{ service: 'test', parse: 'logfmt' }] },
    }),
    relay: (directory) => {
      return {
        workers: 2,
        watch: { to: ['127.0.0.1:9'] },
        websocket: {},
        cardinality: {},
        relabel: { rules: file(directory, 'relabel.yaml', relabel) },
        relabelLogs: {
          rules: file(directory, 'relabel-logs.yaml', [
            { source_labels: ['service.name'], regex: 'noise', action: 'drop' },
          ]),
        },
        rollups: {
          rules: file(directory, 'rollups.yaml', [
            { name: 'cpu', match: 'node_cpu_seconds_total', interval: '1s', by: ['mode'], outputs: ['total'] },
          ]),
        },
        rules: {
          file: file(directory, 'alerting.yaml', {
            groups: [{ name: 'g', rules: [{ alert: 'A', expr: 'node_load1 > 1e9' }] }],
          }),
          notify: { webhooks: ['http://127.0.0.1:9/'] },
        },
        doors: {
          http: { listen: '127.0.0.1:0' },
          syslog: { udp: '127.0.0.1:0', tcp: '127.0.0.1:0' },
          mqttJson: { listen: '127.0.0.1:0', topics: [{ filter: '+/state' }] },
        },
      };
    },
  });
  await fleet.core.start();
  await fleet.relay.start();
  await fleet.collectors[0]!.start();
}, 60_000);
afterAll(() => fleet?.close());

const pageOf = async (url: URL) => (await fetch(new URL('/metrics', url))).text();

test.each(['core', 'relay'] as const)(
  '%s: what it gives stands in docs/metrics.md, and what stands there it gives',
  async (tier) => {
    const url = tier === 'core' ? fleet.coreUrl : fleet.relayUrl;
    // Until a host's data went all the way there is not each label to be seen.
    const page = await until('data of a host', async () => {
      const text = await pageOf(url);
      return /^heliograph_\w+_(frames_forwarded_total|received_bytes_total)\{class="metric"\}/m.test(text)
        ? text
        : null;
    });
    const seen = new Set<string>();
    let family = '';
    let help = '';
    for (const line of page.split('\n')) {
      const [, kind, name, rest] = /^# (HELP|TYPE) (\w+) (.*)$/.exec(line) ?? [];
      if (kind === 'HELP') help = rest!;
      else if (kind === 'TYPE') {
        family = name!;
        seen.add(family);
        expect(rows.get(family)?.type, `${family} in the table`).toBe(rest);
        expect(help, family).toBe(meanings.get(family));
      } else if (line !== '') {
        const row = rows.get(family)!;
        const [, sample, labels = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line)!;
        const suffix = row.type === 'histogram' ? /^_(bucket|sum|count)$/ : /^$/;
        expect(sample!.slice(family.length), line).toMatch(suffix);
        for (const [, label] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) {
          if (label === 'le' && row.type === 'histogram') continue;
          expect(labelNames(row), `labels of ${family}`).toContain(label);
        }
      }
    }
    const missing = [...rows.keys()].filter((name) => name.startsWith(`heliograph_${tier}_`) && !seen.has(name));
    expect(missing.filter((name) => !ELSEWHERE[tier]!.test(name))).toEqual([]);
  },
);

test('the collector: each name and label that comes to the core stands in the table', async () => {
  const told = await until('what the collector tells', async () => {
    const url = new URL('/api/v1/series', fleet.coreUrl);
    url.searchParams.set('match[]', '{__name__=~"heliograph_collector_.+"}');
    const { data } = (await (await fetch(url)).json()) as { data: Record<string, string>[] };
    return data.length > 30 ? data : null;
  });
  for (const { __name__, ...labels } of told) {
    const row = rows.get(__name__!);
    expect(row, __name__).toBeDefined();
    const known = new Set([...labelNames(row!), 'instance', 'job', 'site']);
    expect(
      Object.keys(labels).filter((label) => !known.has(label)),
      __name__,
    ).toEqual([]);
  }
});
