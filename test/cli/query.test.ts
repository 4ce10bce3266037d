import { afterAll, beforeAll, expect, test } from 'vitest';
import { sparkline } from '../../cli/terminal/sparkline.ts';
import { printable } from '../../cli/terminal/text.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { until } from '../support/until.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet({ collectors: 2, interval: '1s' });
  await fleet.core.start();
  await fleet.relay.start();
  for (const collector of fleet.collectors) await collector.start();
  await until('samples of both hosts', async () => /host-0[\s\S]*host-1/.test((await query('node_load1')).out));
});
afterAll(() => fleet.close());

function query(...args: string[]): Promise<CliResult> {
  return runCli(['query', ...args, '--core', fleet.coreUrl.href]);
}

test('a moment: a row a host, what is common stands above, numbers to the right', async () => {
  const { code, out, err } = await query('node_load1 * 0 + 12.5');
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(out).toMatch(
    /^2 series of \{job="node", site="test"\}\nINSTANCE {2}VALUE\nhost-0 {5}12\.5\nhost-1 {5}12\.5\n$/,
  );
  expect((await query('1 + 1')).out).toBe('2\n');
  expect((await query('count(node_load1)')).out).toBe('2\n');
});

test('--json is the answer of the API, byte for byte', async () => {
  const at = String(Math.floor(Date.now() / 1000) - 1);
  const { out } = await query('node_load1', '--at', at, '--json');
  const url = new URL(`/api/v1/query?query=node_load1&time=${at}`, fleet.coreUrl);
  expect(out).toBe(`${await (await fetch(url)).text()}\n`);
});

test('a range: lowest, highest, last, and the course with its gap', async () => {
  const { out } = await query('time() - time() + vector(3)', '--range', '10s', '--step', '1s');
  expect(out).toContain('MIN  MAX  LAST  COURSE');
  expect(out).toContain(`3    3     3  ${'▄'.repeat(11)}`);
  const before = await query('node_load1', '--range', '1h', '--step', '1m');
  // An hour ago nothing ran: a gap, then what there is.
  expect(before.out).toMatch(/host-0 .* {10,}[▁-█]{1,3}$/m);
  const json = JSON.parse((await query('node_load1', '--range', '1m', '--step', '10s', '--json')).out) as {
    data: { resultType: string };
  };
  expect(json.data.resultType).toBe('matrix');
});

test('mistakes: the place in the expression, no core, no answer, options that do not fit', async () => {
  const wrong = await query('sum(rate(node_load1[5m)');
  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain('HG_QUERY_SYNTAX');
  expect(wrong.err).toMatch(/\n {2}sum\(rate\(node_load1\[5m\)\n {24}\^\n$/);
  const unknown = await query('nothing_of_the_kind');
  expect(unknown).toMatchObject({ code: 0, out: '' });
  expect(unknown.err).toContain('the answer is empty');
  expect((await query('1', '--step', '5s')).err).toContain('--step goes with --range');
  expect((await query('1', '--at', 'tomorrow')).err).toContain('write a time such as');
  const away = await runCli(['query', '1', '--core', 'http://127.0.0.1:9']);
  expect(away).toMatchObject({ code: 1, out: '' });
  expect(away.err).toContain('HG_CORE_UNREACHABLE');
  expect((await runCli(['query', '1', '--core', 'nonsense'])).err).toContain('write one such as http://127.0.0.1:9470');
});

test('bars: scaled to lowest and highest, gaps stay gaps, never wider than asked', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 20)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([1, Number.NaN, 2], 20)).toBe('▁ █');
  expect(sparkline([5, 5], 20)).toBe('▄▄');
  expect(sparkline([], 20)).toBe('');
  expect([
    ...sparkline(
      Array.from({ length: 1000 }, (_, i) => i),
      60,
    ),
  ]).toHaveLength(60);
});

test('text of others does nothing to the terminal', () => {
  expect(printable('a\x1b[31mb\x07\x9b\u202ec\n')).toBe('a\\x1b[31mb\\x07\\x9b\\u202ec\\x0a');
  expect(printable('one\n\ttwo', true)).toBe('one\n\ttwo');
  expect(printable('Grüße 日本')).toBe('Grüße 日本');
});
