import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ApiParts } from '../../../core/api/parts.ts';
import { buildApi } from '../../../core/api/server.ts';
import { Registry } from '../../../lib/metrics.ts';
import { createToken } from '../../../lib/tokens/token-file.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import { until } from '../../support/until.ts';

type Schema = Record<string, unknown>;
interface Operation {
  parameters?: Schema[];
  responses: Record<string, Schema & { content?: Record<string, { schema: Schema }> }>;
}

const document = parse(readFileSync('docs/openapi.yaml', 'utf8'), { merge: true, maxAliasCount: -1 }) as {
  paths: Record<string, Record<string, Operation>>;
};

/** With what it refers to in its place. */
function resolved(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(resolved);
  if (typeof node !== 'object' || node === null) return node;
  const { $ref } = node as { $ref?: string };
  if ($ref === undefined)
    return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, resolved(value)]));
  let at: unknown = document;
  for (const step of $ref.split('/').slice(1)) at = (at as Schema)[step];
  expect(at, $ref).toBeDefined();
  return resolved(at);
}

const paths = resolved(document.paths) as typeof document.paths;
/** What pushes in, and the page, are described elsewhere. */
const ELSEWHERE =
  /^\/(v1\/|api\/v1\/write|console\/|$|fleet$|host\/|explore$|logs$|ledger$|deadletters$|limits$|levels$|alerts$|silences$|rules$)/;

let core: TestCore;
let letter: string;
let token: string;
const start = Math.floor(Date.now() / 1000) * 1000 - 60_000;

beforeAll(async () => {
  core = await TestCore.make();
  const rules = join(core.directory, 'rules.yml');
  writeFileSync(
    rules,
    'groups: [{name: g, interval: 200ms, rules: [{alert: Always, expr: "1", for: 1h}, {record: one, expr: "1"}]}]',
  );
  await core.start({ alerts: { rules: { files: [rules], startAfter: '0s' } } });
  const { dataDir } = core.config as { dataDir: string };
  const forLimits = {
    scopes: ['limits:write' as const, 'levels:write' as const, 'alerts:write' as const],
    anyHost: false,
    created: start,
    expires: null,
  };
  token = createToken(join(dataDir, 'tokens.json'), { name: 'alice', ...forLimits });
  const relay = await (await core.relay()).hello('north');
  const host = new TestHost('web-1');
  const page = host.page([{ name: 'requests_total', labels: { job: 'node' } }, { name: 'temperature' }]);
  relay.define('web-1', page);
  relay.fleet([{ host: 'web-1' }, { host: 'web-2', connected: false, reason: 'keep-alive' }], true);
  relay.fleet([{ host: 'web-1', connected: false, reason: 'closed', connection: 2 }]);
  await relay.deliver('metric', [
    host.metrics(page, [
      [start, [1, 2]],
      [start + 1000, [2, 3]],
    ]),
  ]);
  await relay.deliver('log', [host.lines('log', [{ time: start, message: 'one line', fields: { a: 'b' } }])]);
  await relay.deliver('alert', [
    host.events([{ time: start, type: 'host_down', host: 'web-2', facts: { waited: 15 } }]),
  ]);
  await relay.deliver('metric', [
    host.gaps('metric', [
      { boot: host.boot, from: 2, to: 3, reason: 'cap', frames: 2, items: 4, firstTime: start, lastTime: start },
    ]),
  ]);
  await relay.deliver('log', [host.broken('log', 'logs', 1, new Uint8Array([1, 2, 3]))]);
  await until('the lines', async () => (await core.get<{ lines: unknown[] }>('/api/v1/logs')).lines.length === 2);
  await until('an alert', async () => {
    const { data } = await core.get<{ data: { groups: { rules: { alerts?: unknown[] }[] }[] } }>('/api/v1/rules');
    return data.groups[0]!.rules[0]!.alerts?.length === 1;
  });
  letter = await until('a dead letter', async () => {
    const { letters } = await core.get<{ letters: { id: string }[] }>('/api/v1/deadletters');
    return letters[0]?.id;
  });
});
afterAll(() => core.remove());

test('every route is described, and nothing that is not there', () => {
  const routes = new Set<string>();
  const parts = { registry: new Registry(), doors: { addTo: () => undefined } } as unknown as ApiParts;
  buildApi([], parts, (method, path) => {
    if (method !== 'HEAD' && !ELSEWHERE.test(path)) routes.add(`${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  });
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual([...routes].sort());
});

const at = String(start / 1000 + 1);
const range = { start: String(start / 1000 - 60), end: String(start / 1000 + 60) };
/** A body in place of parameters. */
const JSON_BODY = (body: string) => ({ BODY: body });
const SILENCE = '{"matchers":[{"name":"a","value":"b"}],"endsAt":"2999-01-01T00:00:00Z","comment":"c"}';
const ANSWERS: [method: string, path: string, parameters: Record<string, string>, status: number][] = [
  ['get', '/api/v1/query', { query: 'temperature', time: at }, 200],
  ['post', '/api/v1/query', { query: 'temperature[5m]', time: at }, 200],
  ['get', '/api/v1/query', { query: '1', time: at }, 200],
  ['get', '/api/v1/query', { query: '"a"', time: at }, 200],
  ['get', '/api/v1/query', { query: 'temperature', time: at, limit: '1' }, 200],
  ['get', '/api/v1/query', { query: 'sum(' }, 400],
  ['get', '/api/v1/query', { query: '{__name__=~".+"} * on () {__name__=~".+"}', time: at }, 422],
  ['get', '/api/v1/query_range', { query: 'temperature', ...range, step: '15' }, 200],
  ['get', '/api/v1/query_range', { query: 'temperature', ...range }, 400],
  ['get', '/api/v1/series', { 'match[]': 'temperature' }, 200],
  ['get', '/api/v1/series', {}, 400],
  ['get', '/api/v1/labels', { limit: '1' }, 200],
  ['get', '/api/v1/label/{name}/values', { name: 'instance' }, 200],
  ['get', '/api/v1/metadata', {}, 200],
  ['get', '/api/v1/metadata', { metric: 'requests_total' }, 200],
  ['get', '/api/v1/status/buildinfo', {}, 200],
  ['get', '/api/v1/rules', {}, 200],
  ['get', '/api/v1/rules', { type: 'record', exclude_alerts: 'true', group_limit: '1' }, 200],
  ['get', '/api/v1/rules', { type: 'x' }, 400],
  ['get', '/api/v1/export', { 'match[]': 'temperature' }, 200],
  ['get', '/api/v1/logs', {}, 200],
  ['post', '/api/v1/logs', { q: 'nothing' }, 200],
  ['get', '/api/v1/logs', { beside: 'x' }, 400],
  ['get', '/api/v1/logs/histogram', { step: '60' }, 200],
  ['get', '/api/v1/logs/histogram', { step: '0' }, 400],
  ['get', '/api/v1/logs/export', range, 200],
  ['get', '/api/v1/fleet', {}, 200],
  ['get', '/api/v1/fleet', { form: 'columns' }, 200],
  ['get', '/api/v1/fleet', { form: 'x' }, 400],
  ['get', '/api/v1/fleet/events', {}, 200],
  ['get', '/api/v1/fleet/{host}', { host: 'web-1' }, 200],
  ['get', '/api/v1/fleet/{host}', { host: 'nobody' }, 404],
  ['put', '/api/v1/fleet/{host}/desired', { host: 'web-1' }, 401],
  ['put', '/api/v1/fleet/{host}/desired', { host: 'web-1', TOKEN: 'yes' }, 200],
  ['get', '/api/v1/fleet/{host}/desired', { host: 'web-1' }, 200],
  ['get', '/api/v1/fleet/{host}', { host: 'web-1' }, 200],
  ['delete', '/api/v1/fleet/{host}/desired', { host: 'web-1' }, 401],
  ['delete', '/api/v1/fleet/{host}/desired', { host: 'web-1', TOKEN: 'yes' }, 200],
  ['post', '/api/v1/alerts/hosts/{host}/decommission', { host: 'web-2' }, 401],
  ['post', '/api/v1/alerts/hosts/{host}/decommission', { host: 'web-2', TOKEN: 'yes', ...JSON_BODY('{"x":1}') }, 400],
  ['post', '/api/v1/alerts/hosts/{host}/decommission', { host: 'web-l', TOKEN: 'yes', ...JSON_BODY('{}') }, 404],
  [
    'post',
    '/api/v1/alerts/hosts/{host}/decommission',
    { host: 'web-2', TOKEN: 'yes', ...JSON_BODY('{"note":"sold"}') },
    200,
  ],
  ['get', '/api/v1/alerts/hosts', {}, 200],
  ['get', '/api/v1/alerts/logs', {}, 200],
  ['get', '/api/v1/alerts/latency', { range: '6h' }, 200],
  ['get', '/api/v1/alerts/latency', { range: 'x' }, 400],
  ['delete', '/api/v1/alerts/hosts/{host}/decommission', { host: 'web-2', TOKEN: 'yes' }, 200],
  ['delete', '/api/v1/alerts/hosts/{host}/decommission', { host: 'web-2', TOKEN: 'yes' }, 404],
  ['get', '/api/v1/gaps', {}, 200],
  ['get', '/api/v1/ledger', {}, 200],
  ['get', '/api/v1/ledger', { hosts: 'x' }, 400],
  ['get', '/api/v1/ledger/sequences', {}, 200],
  ['get', '/api/v1/deadletters', { limit: '5' }, 200],
  ['get', '/api/v1/deadletters', { limit: '0' }, 400],
  ['get', '/api/v1/deadletters/{id}', { id: 'LETTER' }, 200],
  ['get', '/api/v1/deadletters/{id}', { id: 'frame-0' }, 404],
  ['post', '/api/v1/deadletters/replay', JSON_BODY('{"filter":{"all":true}}'), 200],
  ['post', '/api/v1/deadletters/replay', JSON_BODY('{}'), 400],
  ['post', '/api/v1/deadletters/purge', JSON_BODY('{"filter":{"host":["web-1"]},"dryRun":true}'), 200],
  ['get', '/api/v1/limits', {}, 200],
  ['post', '/api/v1/limits', { ...JSON_BODY('{"block":"a","why":"b"}'), TOKEN: 'yes' }, 200],
  ['post', '/api/v1/limits', { ...JSON_BODY('{"block":"a"}'), TOKEN: 'yes' }, 400],
  ['post', '/api/v1/limits', JSON_BODY('{"block":"a","why":"b"}'), 401],
  ['get', '/api/v1/limits', {}, 200],
  ['delete', '/api/v1/limits/{id}', { id: 'nobody', TOKEN: 'yes' }, 404],
  ['post', '/api/v1/levels', { ...JSON_BODY('{"host":"web*","level":"debug","for":"10m"}'), TOKEN: 'yes' }, 200],
  ['post', '/api/v1/levels', { ...JSON_BODY('{"level":"debug"}'), TOKEN: 'yes' }, 400],
  ['post', '/api/v1/levels', JSON_BODY('{"level":"debug","for":"10m"}'), 401],
  ['get', '/api/v1/levels', {}, 200],
  ['delete', '/api/v1/levels/{id}', { id: 'nobody', TOKEN: 'yes' }, 400],
  ['get', '/api/v1/alerts', {}, 200],
  ['get', '/api/v1/alerts', { state: 'all', source: 'own' }, 200],
  ['get', '/api/v1/alerts', { state: 'x' }, 400],
  ['get', '/api/v1/alerts/history', { ...range, limit: '5' }, 200],
  ['get', '/api/v1/alerts/history', { start: 'x' }, 400],
  ['post', '/api/v1/alerts/silences', { ...JSON_BODY(SILENCE), TOKEN: 'yes' }, 200],
  ['post', '/api/v1/alerts/silences', { ...JSON_BODY('{}'), TOKEN: 'yes' }, 400],
  ['post', '/api/v1/alerts/silences', JSON_BODY(SILENCE), 401],
  ['get', '/api/v1/alerts/silences', {}, 200],
  ['delete', '/api/v1/alerts/silences/{id}', { id: 'nobody', TOKEN: 'yes' }, 404],
  ['post', '/api/v1/alerts/acks', { ...JSON_BODY('{"key":"none"}'), TOKEN: 'yes' }, 404],
  ['post', '/api/v1/alerts/acks', JSON_BODY('{"key":"none"}'), 401],
  ['delete', '/api/v1/alerts/acks', { ...JSON_BODY('{"key":"none"}'), TOKEN: 'yes' }, 404],
  ['delete', '/api/v1/alerts/acks', { ...JSON_BODY('{}'), TOKEN: 'yes' }, 400],
  ['get', '/api/v1/alerts/receivers', {}, 200],
  ['get', '/api/v1/freshness', {}, 200],
  ['get', '/metrics', {}, 200],
  ['get', '/healthz', {}, 200],
];

test.each(ANSWERS)('%s %s with %o answers %i as described', async (method, path, parameters, status) => {
  const { BODY, TOKEN, ...rest } = parameters as Record<string, string>;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name] === 'LETTER' ? letter : rest[name]!;
    delete rest[name];
    return value;
  });
  const init =
    BODY !== undefined
      ? { method, body: BODY, headers: { 'content-type': 'application/json' } }
      : method === 'post'
        ? { method, body: new URLSearchParams(rest) }
        : method === 'put'
          ? { method, body: '{"version":1,"levels":{"*":"debug"}}', headers: { 'content-type': 'application/json' } }
          : { method };
  const headers = {
    ...('headers' in init ? init.headers : {}),
    ...(TOKEN ? { authorization: `Bearer ${token}` } : {}),
  };
  const answer = await fetch(core.url(filled, method === 'post' ? {} : rest), { ...init, headers });
  const text = await answer.text();
  expect(answer.status, text).toBe(status);
  const described = paths[path]![method]!.responses[String(status)]!;
  const [type, { schema }] = Object.entries(described.content!)[0]!;
  expect(answer.headers.get('content-type')).toContain(type);
  const check = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  const values = type.endsWith('ndjson') ? text.trim().split('\n') : [text];
  for (const value of values) {
    const result = check.safeParse(type === 'text/plain' ? value : JSON.parse(value));
    expect(result.success ? '' : `${z.prettifyError(result.error)}\n${value.slice(0, 500)}`).toBe('');
  }
  // Nothing that the test sends is undescribed.
  const known = (paths[path]![method]!.parameters ?? []).map((parameter) => parameter.name);
  for (const name of Object.keys(rest)) expect(known).toContain(name);
});
