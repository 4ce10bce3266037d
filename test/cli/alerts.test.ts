import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApiParts } from '../../core/api/parts.ts';
import { buildApi } from '../../core/api/server.ts';
import { silentLog } from '../../lib/log.ts';
import { createToken, TokenList } from '../../lib/tokens/token-file.ts';
import { folder, held, notifying } from '../core/alerts/notify/notifications.ts';
import { AlertReceiver } from '../support/alert-receiver.ts';
import { runCli } from '../support/run-cli.ts';
import { until } from '../support/until.ts';

/** A real API over a real book of alerts that notifies. */
const cleanups: (() => unknown)[] = [];
let core: Awaited<ReturnType<typeof notifying>>;
let url: string;
let ops: AlertReceiver;

const run = (...args: string[]) => runCli(['alerts', ...args, '--core', url]);

beforeAll(async () => {
  const directory = folder(cleanups);
  ops = await new AlertReceiver().listen();
  cleanups.push(() => ops.close());
  core = await notifying(directory, { receivers: [{ name: 'ops', webhook: { url: ops.url } }], groupWait: '10ms' });
  cleanups.push(() => core.close());
  const file = join(directory, 'tokens.json');
  const rights = { scopes: ['alerts:write' as const], anyHost: false, created: Date.now(), expires: null };
  process.env.HELIOGRAPH_TOKEN = createToken(file, { name: 'alice', ...rights });
  const { book, store, clock, registry } = core;
  const alerts = { book, store, notifications: core };
  const tokens = new TokenList(file, () => undefined);
  const app = buildApi([], { registry, clock, log: silentLog, tokens, alerts, doors: null } as unknown as ApiParts);
  url = await app.listen({ host: '127.0.0.1', port: 0 });
  cleanups.push(() => app.close());
  core.hold(held('web-1', { severity: 'critical' }), held('web-2'));
  await until('it is told', () => ops.alerts.length === 2);
});
afterAll(async () => {
  delete process.env.HELIOGRAPH_TOKEN;
  for (const clean of cleanups.reverse()) await clean();
});

test('ls, show and receivers: what fires, who was told', async () => {
  const { out, code, err } = await run('ls');
  expect(code, err).toBe(0);
  expect(out).toMatch(/^STATE +ALERT +SINCE +LABELS +VALUE +KEY\n/);
  expect(out).toMatch(/^firing +Full +.* instance=web-1 severity=critical +1 +[0-9a-f]{16}-\d+$/m);
  const { data } = JSON.parse((await run('ls', '--json', '--state', 'firing', '--source', 'rule')).out);
  expect(data.alerts).toHaveLength(2);
  expect(data.alerts[0]).toMatchObject({ state: 'firing', source: 'rule', acknowledged: null, silencedBy: [] });
  expect(data.alerts[0].notifiedAt).not.toBeNull();
  expect((await run('ls', '--source', 'log')).out).toBe('no alert pends or fires\n');
  const { key } = data.alerts.find((alert: { labels: { instance: string } }) => alert.labels.instance === 'web-1');
  expect((await run('show', key.slice(0, 8))).out).toMatch(/^label severity +critical$/m);
  const none = await run('show', 'zzz');
  expect([none.code, none.err]).toEqual([1, expect.stringMatching(/no alert has a key that begins with zzz/)]);
  expect((await run('receivers')).out).toMatch(/^ops +webhook +idle +[12] +0 +0 +0 +0/m);
});

test('ack and unack stand under the name of the token', async () => {
  const { data } = JSON.parse((await run('ls', '--json')).out);
  const { key } = data.alerts[0];
  const acked = await run('ack', key, '--note', 'I look');
  expect([acked.code, acked.out]).toEqual([0, expect.stringMatching(/^Full is acknowledged by alice/)]);
  expect((await run('ls')).out).toMatch(/^firing, acknowledged by alice/m);
  expect((await run('show', key)).out).toMatch(/^acknowledged +by alice, .*: I look$/m);
  expect((await run('unack', key)).out).toBe("Full is nobody's again\n");
  expect((await run('ls')).out).not.toMatch(/acknowledged/);
  const { HELIOGRAPH_TOKEN } = process.env;
  delete process.env.HELIOGRAPH_TOKEN;
  const refused = await run('ack', key);
  process.env.HELIOGRAPH_TOKEN = HELIOGRAPH_TOKEN;
  expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/--scope alerts:write/)]);
});

test('silence, silences and unsilence; history', async () => {
  const given = await run('silence', 'instance=~"web.*"', 'severity="critical"', '--for', '2h', '--comment', 'a swap');
  expect(given.code, given.err).toBe(0);
  const [id] = given.out.split(':');
  expect((await run('silences')).out).toMatch(
    /active +\{instance=~"web\.\*", severity="critical"\} +alice +in .* a swap/,
  );
  expect((await run('ls')).out).toMatch(/^firing, silenced .*web-1/m);
  expect((await run('unsilence', id!)).out).toBe(`${id} is over\n`);
  expect((await run('silences')).out).toBe('no silence is in force\n');
  expect((await run('silences', '--all')).out).toMatch(/expired/);
  const bad = await run('silence', 'instance~"web"', '--for', '2h', '--comment', 'x');
  expect(bad.code).toBe(1);
  expect((await run('unsilence', 'nobody')).err).toMatch(/there is no silence nobody/);
  core.hold(held('web-2'));
  expect((await run('history', '--since', '1h')).out).toMatch(/Full +instance=web-1/);
  expect(JSON.parse((await run('history', '--json', '--limit', '1')).out).history).toHaveLength(1);
});

test('the help teaches', async () => {
  expect((await run('--help')).out).toMatch(/heliograph alerts ack 3f2a/);
  expect((await run('silence', '--help')).out).toMatch(/NAME=~"PATTERN"/);
});
