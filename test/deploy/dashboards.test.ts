import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { PrometheusAnswer, Vector } from '../support/core/answers.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { until } from '../support/until.ts';

interface Target {
  expr?: string;
  query?: string;
  datasource: { uid: string; type: string };
}
interface Panel {
  id: number;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: Target[];
}
interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
  templating: { list: { name: string; query: { query: string } }[] };
}

const FOLDER = 'deploy/grafana/dashboards';
const dashboards = readdirSync(FOLDER).map(
  (name) => [name, JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Dashboard] as const,
);
const sources = (
  parse(readFileSync('deploy/grafana/provisioning/datasources/heliograph.yaml', 'utf8')) as {
    datasources: { uid: string; type: string; url: string }[];
  }
).datasources;

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet({ collectors: 1, interval: '1s' });
  await fleet.core.start();
  await fleet.relay.start();
  await fleet.collectors[0]!.start();
});
afterAll(() => fleet?.close());

/** As Grafana fills in what only it knows. */
function filled(expression: string): string {
  return expression.replaceAll('$__rate_interval', '1m').replaceAll(/\$(host|site)/g, '.*');
}

async function ask(expression: string) {
  const url = new URL('/api/v1/query', fleet.coreUrl);
  url.searchParams.set('query', expression);
  return (await (await fetch(url)).json()) as PrometheusAnswer<Vector>;
}

test.each(dashboards)(
  '%s: an id of its own, panels that do not lie over one another, sources that are provisioned',
  (_, dashboard) => {
    expect(new Set(dashboards.map(([, one]) => one.uid)).size).toBe(dashboards.length);
    expect(new Set(dashboard.panels.map((panel) => panel.id)).size).toBe(dashboard.panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos, targets } of dashboard.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`), `${title} at ${x} ${y}`).toBe(false);
          taken.add(`${x} ${y}`);
        }
      }
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      expect(targets.length).toBeGreaterThan(0);
      for (const { datasource } of targets) {
        expect(
          sources.find(({ uid, type }) => uid === datasource.uid && type === datasource.type),
          title,
        ).toBeDefined();
      }
    }
  },
);

test('the fleet: every query of every panel finds something in a real core with a real host', async () => {
  const [, dashboard] = dashboards.find(([name]) => name === 'fleet.json')!;
  for (const { title, targets } of dashboard.panels) {
    for (const { expr } of targets) {
      if (expr === undefined) continue;
      const answer = await until(
        `${title}: ${expr}`,
        async () => {
          const said = await ask(filled(expr));
          expect(said.status, `${expr}: ${said.error}`).toBe('success');
          return said.data.result.length > 0 ? said : null;
        },
        { withinMs: 30_000 },
      );
      for (const { value } of answer.data.result) expect(Number.isNaN(Number(value[1])), expr).toBe(false);
    }
  }
  for (const { query } of dashboard.templating.list) {
    const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(query.query)!;
    const url = new URL(`/api/v1/label/${label}/values`, fleet.coreUrl);
    url.searchParams.set('match[]', filled(selector!));
    const { data } = (await (await fetch(url)).json()) as { data: string[] };
    expect(data.length, query.query).toBeGreaterThan(0);
  }
});

test('Heliograph itself: every query is one that the core can read, of figures that core and relay give', async () => {
  const figures = (
    await Promise.all(
      [fleet.coreUrl, fleet.relayUrl].map(async (url) => (await fetch(new URL('/metrics', url))).text()),
    )
  ).join('\n');
  const [, dashboard] = dashboards.find(([name]) => name === 'heliograph.json')!;
  for (const { title, targets } of dashboard.panels) {
    for (const { expr } of targets) {
      const said = await ask(filled(expr!));
      expect(said.status, `${title}: ${said.error}`).toBe('success');
      for (const [name] of expr!.matchAll(/heliograph_\w+/g)) {
        const family = name.replace(/_bucket$/, '');
        expect(figures, `${title}: ${name}`).toMatch(new RegExp(`^# TYPE ${family} `, 'm'));
      }
      for (const [, label, value] of expr!.matchAll(/(\w+)=~?"([\w|]+)"/g)) {
        for (const one of value!.split('|'))
          expect(figures, `${title}: ${label}=${one}`).toContain(`${label}="${one}"`);
      }
    }
  }
});
