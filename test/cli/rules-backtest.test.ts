import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { runCli } from '../support/run-cli.ts';
import { until } from '../support/until.ts';

let fleet: Fleet;
let folder: string;
let file: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-backtest-'));
  file = join(folder, 'rules.yaml');
  writeFileSync(
    file,
    `
groups:
  - name: g
    rules:
      - {alert: EachHour, expr: 'vector(time() % 3600) < 600', for: 2m, labels: {part: "first"}}
      - {alert: Sends, expr: 'node_load1 >= 0'}
      - {alert: Never, expr: 'vector(0) > 1'}
      - {alert: Fails, expr: 'node_load1 + on() group_left() {__name__=~"node_load1|node_load5"}'}
`,
  );
  fleet = await createFleet({ collectors: 1, interval: '1s' });
  await fleet.core.start();
  await fleet.relay.start();
  for (const collector of fleet.collectors) await collector.start();
  await until('samples', async () =>
    (await runCli(['query', 'node_load1', '--core', fleet.coreUrl.href])).out.includes('host-0'),
  );
});
afterAll(async () => {
  await fleet.close();
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]) => runCli(['rules', 'backtest', file, '--core', fleet.coreUrl.href, ...args]);

test('when rules would have fired over what a core has stored', async () => {
  const day = ['--from', '2026-11-01T00:00:00Z', '--to', '2026-11-02T00:00:00Z'];
  const { code, out } = await run(...day, '--rule', 'EachHour', '--rule', 'Never', '--json');
  expect(code).toBe(0);
  const { rules } = JSON.parse(out) as {
    rules: { alert: string; firings: { begin: string; end: string | null; labels: object }[] }[];
  };
  expect(rules.map(({ alert, firings }) => [alert, firings.length])).toEqual([
    ['EachHour', 24],
    ['Never', 0],
  ]);
  expect(rules[0]!.firings[1]).toMatchObject({
    ...{ begin: '2026-11-01T01:02:00.000Z', end: '2026-11-01T01:10:00.000Z' },
    labels: { alertname: 'EachHour', part: 'first' },
  });
  const text = await run(...day, '--rule', 'EachHour');
  expect(text.out).toContain('24 firings');
  expect(text.err).toContain('1 rule from');
  const now = await run('--from', '-1m', '--to', 'now', '--step', '1s', '--rule', 'Sends');
  expect(now.out).toMatch(/Sends \(.*rules\.yaml:6\): 1 firing\n.*fires still.*instance="host-0"/);
});

test('a rule that fails, one that is not there, and no core', async () => {
  const failing = await run('--from', '1m', '--step', '1s', '--rule', 'Never', '--rule', 'Fails');
  expect(failing.code).toBe(1);
  expect(failing.out).toContain('would not have fired');
  expect(failing.out).toMatch(/FAILED {2}Fails .*many-to-many/);
  expect((await run('--rule', 'Nvr')).err).toContain('no such alert in the file; it has EachHour, Sends, Never, Fails');
  expect((await run('--from', '1m', '--to', '2m')).err).toContain('--from is later than --to');
  const away = await runCli(['rules', 'backtest', file, '--core', 'http://127.0.0.1:9', '--from', '1m']);
  expect(away).toMatchObject({ code: 1, err: expect.stringContaining('HG_CORE_UNREACHABLE') });
});
