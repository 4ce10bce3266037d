import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Authority, createAuthority } from '../../../lib/certificates/authority.ts';
import { createToken } from '../../../lib/tokens/token-file.ts';
import { AlertReceiver } from '../../support/alert-receiver.ts';
import { type AllEngines, startEngines } from '../../support/all-engines.ts';
import { freePort } from '../../support/free-port.ts';
import { runCli } from '../../support/run-cli.ts';
import { TierProcess } from '../../support/tier-process.ts';
import { until } from '../../support/until.ts';

/**
 * The role alerts in processes of its own, started from the command line over the real engines: two of them beside each other, and a third process with
 * all that is left.
 */
const RULES = `
groups:
  - name: apart
    interval: 1s
    rules:
      - {record: 'load:count', expr: count(load)}
      - {alert: Loaded, expr: load > 5, labels: {severity: page}}
`;
const LOG_RULES = `
rules:
  - alert: ManyErrors
    query: broken
    by: [host]
    count: {above: 2, within: 5m}
`;

const cleanups: (() => unknown)[] = [];
let engines: AllEngines;
let authority: Authority;
let hook: AlertReceiver;
let directory: string;

interface Part {
  readonly url: string;
  readonly peers: string;
  readonly data: string;
  readonly process: TierProcess;
  /** Writes its configuration: whom it asks. */
  ask(peers: readonly string[]): void;
}

let main: Part;
let one: Part;
let two: Part;

async function part(name: string, roles: string, more: object): Promise<Part> {
  const [http, listen] = [await freePort(), await freePort()];
  const peers = `127.0.0.1:${listen}`;
  const tls = await authority.issue({ name, role: 'core', hosts: ['127.0.0.1', 'localhost'], days: 2 });
  const file = join(directory, `${name}.yaml`);
  const own = {
    name,
    tls,
    dataDir: join(directory, name),
    http: { listen: `127.0.0.1:${http}` },
    peers: { listen: peers },
  };
  const content = { ...own, ingest: { listen: '127.0.0.1:0' }, ...engines.config, ...more };
  const args = ['core', '--config', file, '--roles', roles];
  const process = new TierProcess('heliograph.ts', args, join(directory, `${name}.out`));
  cleanups.push(() => process.kill());
  return {
    ...{ url: `http://127.0.0.1:${http}`, peers, data: own.dataDir, process },
    ask: (ask) => writeFileSync(file, stringify({ ...content, peers: { listen: peers, ask } })),
  };
}

beforeAll(async () => {
  engines = await startEngines();
  cleanups.push(() => engines.stop());
  directory = mkdtempSync(join(tmpdir(), 'heliograph-alerts-apart-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  authority = await createAuthority(join(directory, 'ca'), Date.now());
  hook = await new AlertReceiver().listen();
  cleanups.push(() => hook.close());
  const rules = join(directory, 'rules.yml');
  writeFileSync(rules, RULES);
  const logs = join(directory, 'log-rules.yml');
  writeFileSync(logs, LOG_RULES);
  const alerts = {
    rules: { files: [rules], startAfter: '0s' },
    logs: { file: logs },
    notify: { receivers: [{ name: 'hook', webhook: { url: hook.url } }], groupWait: '0s' },
    lease: { kafka: true },
  };
  main = await part('main', 'gateway,indexer,console', {});
  one = await part('alerts-1', 'alerts', { alerts });
  two = await part('alerts-2', 'alerts', { alerts });
  main.ask([one.peers, two.peers]);
  one.ask([main.peers]);
  two.ask([main.peers]);
});
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean();
});

async function push(body: object): Promise<void> {
  const answer = await fetch(`${main.url}/v1/ingest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ host: 'a', ...body }),
  });
  expect(answer.status, await answer.text()).toBeLessThan(300);
}
const load = (value: number) => push({ metrics: [{ name: 'load', value }] });
const told = () => hook.alerts.map(({ status, labels }) => `${status} ${labels.alertname}`);
const holds = async ({ url }: Part) =>
  ((await (await fetch(`${url}/api/v1/alerts/receivers`)).json()) as { lease: { held: boolean } }).lease.held;

test('alerts apart: a threshold and a count of lines are told by one of two, and by the other when that was killed; each once', async () => {
  for (const { process } of [main, one, two]) await process.start();
  const [first, second] = await until('one of them notifies', async () => {
    const held = [await holds(one), await holds(two)];
    if (held[0] === held[1]) return null;
    return held[0] ? ([one, two] as const) : ([two, one] as const);
  });
  await until('it is told', async () => {
    await load(7);
    return told().includes('firing Loaded');
  });
  // Both evaluate; what they write is one series, and the console shows it.
  await until('the series', async () => {
    const answer = await fetch(`${main.url}/api/v1/query?query=ALERTS{alertname="Loaded"}`);
    const { data } = (await answer.json()) as { data: { result: { metric: Record<string, string> }[] } };
    return data.result.length === 1 && data.result[0]!.metric.alertstate === 'firing';
  });
  await push({ logs: [1, 2, 3].map((i) => ({ message: `broken ${i}`, level: 'error', service: 's' })) });
  await until('the lines are told', () => told().includes('firing ManyErrors'));

  // The console asks who has them, for people as well.
  const atConsole = async () => {
    const { data } = (await (await fetch(`${main.url}/api/v1/alerts`)).json()) as {
      data: { alerts: { labels: Record<string, string> }[] };
    };
    return data.alerts.map(({ labels }) => labels.alertname);
  };
  await until('the console has both', async () => {
    const names = await atConsole();
    return names.includes('Loaded') && names.includes('ManyErrors');
  });
  const silence = {
    matchers: [{ name: 'alertname', value: 'Nobody', isRegex: false, isEqual: true }],
    ...{ endsAt: new Date(Date.now() + 3_600_000).toISOString(), comment: 'from the console' },
  };
  const put = (token: string) =>
    fetch(`${main.url}/api/v1/alerts/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(silence),
    });
  expect((await put('nobody')).status).toBe(401);
  // Which of the two is asked is not for the console to say: both know the token.
  const token = createToken(join(one.data, 'tokens.json'), {
    ...{ name: 'alice', scopes: ['alerts:write'], anyHost: false, created: Date.now(), expires: null },
  });
  copyFileSync(join(one.data, 'tokens.json'), join(two.data, 'tokens.json'));
  await until('a silence in the name of the token', async () => (await put(token)).ok);
  for (const { url } of [one, two]) {
    await until('both have it', async () =>
      JSON.stringify(await (await fetch(`${url}/api/v1/alerts/silences`)).json()).includes('from the console'),
    );
  }

  await first.process.kill();
  expect(await atConsole()).toContain('Loaded');
  await until('the other takes over', () => holds(second));
  await until('the end is told', async () => {
    await load(1);
    return told().includes('resolved Loaded');
  });
  await until('the next begin is told', async () => {
    await load(8);
    return told().filter((one) => one === 'firing Loaded').length === 2;
  });
  await first.process.start();
  await until('it is back', async () => (await fetch(`${first.url}/api/v1/rules`)).ok);
  await load(1);
  await until('the end again', () => told().filter((one) => one === 'resolved Loaded').length === 2);
  const keys = hook.alerts.filter(({ labels }) => labels.alertname === 'Loaded').map(({ status, key }) => status + key);
  expect(new Set(keys).size).toBe(4);
  expect(keys).toHaveLength(4);
  expect(told().filter((one) => one === 'firing ManyErrors')).toHaveLength(1);
});

test('one that cannot have the role is refused before it starts', async () => {
  for (const [key, engine] of [
    ['metrics', 'victoriametrics'],
    ['bus', 'kafka'],
    ['logs', 'opensearch'],
  ] as const) {
    const file = join(directory, `bad-${key}.yaml`);
    const content = { name: 'bad', dataDir: join(directory, 'bad'), ...engines.config, [key]: 'embedded' };
    const tls = await authority.issue({ name: 'bad', role: 'core', hosts: ['127.0.0.1'], days: 2 });
    writeFileSync(file, stringify({ ...content, tls, peers: { listen: '127.0.0.1:0' } }));
    const { code, err } = await runCli(['core', '--config', file, '--roles', 'alerts']);
    expect(code, key).not.toBe(0);
    expect(err, key).toMatch(new RegExp(`${key}.*alerts.*${key}: ${engine}`));
  }
});
