import { expect, test } from 'vitest';
import { indexerConfig } from '../../../../core/indexer/pipeline/config.ts';
import { Pipeline } from '../../../../core/indexer/pipeline/pipeline.ts';
import { silentLog } from '../../../../lib/log.ts';
import { Registry } from '../../../../lib/metrics.ts';
import type { LogLine } from '../../../../proto/log-line.ts';
import { logFrame, logLine } from '../../../contracts/log-frames.ts';
import { testPipeline } from '../../../support/pipeline.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');

/** What becomes of one line of the service shop. */
async function pass(section: object, message: string, more: Partial<LogLine> = {}, dataClass: 'log' | 'error' = 'log') {
  const { pipeline } = await testPipeline(section);
  const line = logLine(NOW, message, more);
  const frame = logFrame('web-1', 1, [line]);
  const { line: after, ...rest } = pipeline.pass({ ...frame, id: { ...frame.id, class: dataClass } }, line, 0);
  return { ...after, ...rest };
}
const rule = (more: object) => ({ services: [{ service: 'shop', ...more }] });

test('a configuration that asks for nothing makes no pipeline', async () => {
  const deps = {
    log: silentLog,
    registry: new Registry(),
    mono: () => 0,
    breathe: async () => undefined,
    retentionMs: 1,
  };
  expect(await Pipeline.open(indexerConfig.parse({}), deps)).toBeNull();
});

test('JSON: message, time and level become those of the line, all else is a field', async () => {
  const text =
    '{"time":"2026-11-28T11:59:00.5Z","level":"notice","msg":"paid","http":{"status":402},"message":"second","host":"forged"}';
  expect(await pass(rule({ parse: 'json', message: 'msg' }), text, { fields: { 'log.file.path': '/a' } })).toEqual({
    time: Date.parse('2026-11-28T11:59:00.5Z'),
    message: 'paid',
    level: 'info',
    service: 'shop',
    fields: {
      'log.file.path': '/a',
      level: 'notice',
      'http.status': '402',
      'exported.message': 'second',
      host: 'forged',
    },
    rule: 'shop',
    failure: null,
    filter: null,
  });
});

test('names that are the line’s own cannot be forged, and nothing is lost under them', async () => {
  const { fields, service } = await pass(
    rule({ parse: 'json' }),
    '{"msg":"m","service":{"name":"other"},"host.name":"x","site":"y","heliograph.parse.error":"no","log.file.path":"/b","event.original":"z"}',
    { fields: { 'log.file.path': '/a' } },
  );
  expect(service).toBe('shop');
  expect(fields).toEqual({
    'log.file.path': '/a',
    'exported.service.name': 'other',
    'exported.host.name': 'x',
    'exported.site': 'y',
    'exported.heliograph.parse.error': 'no',
    'exported.log.file.path': '/b',
    'exported.event.original': 'z',
  });
});

test('fields are renamed, removed and prefixed; service, message, time and level may be mapped', async () => {
  const section = rule({
    parse: 'logfmt',
    prefix: 'app.',
    fields: { addr: 'source.ip', what: 'message', sev: 'log.level', app: 'service.name', when: '@timestamp' },
    remove: ['secret'],
    original: false,
  });
  const text = 'addr=10.0.0.1 what="it works" sev=warn app=shop-api when=1795866000 secret=x other=1';
  expect(await pass(section, text)).toMatchObject({
    time: 1_795_866_000_000,
    message: 'it works',
    level: 'warning',
    service: 'shop-api',
    fields: { 'source.ip': '10.0.0.1', 'app.other': '1' },
  });
});

test('the text as it came is kept where a part of it would be lost', async () => {
  const text = 'A 7 the message';
  const pattern = '^(?P<a>\\w) (?P<n>\\d) (?P<message>.*)$';
  const kept = await pass(rule({ parse: 'regex', pattern }), text);
  expect(kept).toMatchObject({ message: 'the message', fields: { 'event.original': text } });
  expect((await pass(rule({ parse: 'regex', pattern, original: false }), text)).fields).toEqual({ a: 'A', n: '7' });
  expect((await pass(rule({ parse: 'json' }), '{"msg":"x"}')).fields).toEqual({});
  expect((await pass(rule({ parse: 'json', original: true }), '{"msg":"x"}')).fields).toEqual({
    'event.original': '{"msg":"x"}',
  });
});

test('times: formats and zones by rule, by the line’s own field, and those that cannot be', async () => {
  const f = async (time: object | undefined, text: string, want: object, fields = {}) =>
    expect(await pass(rule({ parse: 'logfmt', ...(time ? { time } : {}) }), text, { fields }), text).toMatchObject(
      want,
    );
  const at = (text: string) => ({ time: Date.parse(text), failure: null });
  const failed = (reason: string, time = NOW) => ({
    time,
    failure: reason,
    fields: { 'heliograph.parse.error': reason, 'heliograph.parse.rule': 'shop', a: '1' },
  });
  await f({ zone: 'Europe/Berlin' }, 'time="2026-11-28 12:30:00" a=1', at('2026-11-28T11:30:00Z'));
  await f(undefined, 'time="2026-11-28 12:30:00" a=1', at('2026-11-28T03:30:00Z'), { 'event.timezone': 'Asia/Tokyo' });
  await f(undefined, 'time="2026-11-28 11:30:00" a=1', at('2026-11-28T11:30:00Z'), { 'event.timezone': 'nowhere' });
  await f({ field: 'd', format: '%d.%m.%Y %H:%M' }, 'd="28.11.2026 11:30" a=1', at('2026-11-28T11:30:00Z'));
  await f({ field: 'd' }, 'a=1', failed('no_time'));
  await f({ field: 'd' }, 'd=soon a=1', failed('bad_time'));
  await f({ field: 'd' }, 'd=1999-01-01T00:00:00Z a=1', failed('time_out_of_range'));
  await f({ field: 'd' }, 'd=2031-01-01T00:00:00Z a=1', failed('time_out_of_range'));
  await f(undefined, 'time=soon a=1', { time: NOW, failure: null, fields: { time: 'soon', a: '1' } });
});

test('a line that cannot be parsed is as it was, with the reason', async () => {
  const line = { fields: { 'log.file.path': '/a' }, level: 'warning' };
  expect(await pass(rule({ name: 'api', parse: 'json' }), 'Traceback (most recent call last):', line)).toEqual({
    time: NOW,
    message: 'Traceback (most recent call last):',
    level: 'warning',
    service: 'shop',
    fields: { 'log.file.path': '/a', 'heliograph.parse.error': 'not_json', 'heliograph.parse.rule': 'api' },
    rule: 'api',
    failure: 'not_json',
    filter: null,
  });
});

test('the first rule that matches by service, file and host is the one', async () => {
  const services = [
    { name: 'audit', service: 'shop*', file: '/var/log/*/audit.log', parse: 'none' },
    { name: 'db', service: ['db', 'pg-?'], parse: 'logfmt' },
    { name: 'west', host: 'west-*', parse: 'json' },
    { name: 'shop', service: 'shop', parse: 'json' },
    { name: 'rest', parse: 'logfmt' },
  ];
  const { pipeline } = await testPipeline({ services });
  const f = (service: string, host: string, file: string, want: string) => {
    const line = logLine(NOW, 'x', { service, fields: file === '' ? {} : { 'log.file.path': file } });
    expect(pipeline.pass(logFrame(host, 1, [line]), line, 0).rule, `${service} ${host} ${file}`).toBe(want);
  };
  f('shop', 'web-1', '/var/log/shop/audit.log', 'audit');
  f('shop', 'web-1', '/var/log/shop/app.log', 'shop');
  f('shop', 'west-1', '', 'west');
  f('pg-1', 'west-1', '', 'db');
  f('pg-12', 'web-1', '', 'rest');
  f('shop-2', 'web-1', '', 'rest');
});

test('filters: each condition, level, and that errors stay', async () => {
  const f = async (
    filter: object,
    message: string,
    more: Partial<LogLine>,
    want: boolean,
    as: 'log' | 'error' = 'log',
  ) => {
    const { filter: name } = await pass({ filters: [{ name: 'f', ...filter }] }, message, more, as);
    expect(name, JSON.stringify([filter, message, more])).toBe(want ? 'f' : null);
  };
  const where = (condition: object) => ({ where: [condition] });
  await f(where({ field: 'a', equals: ['1', '2'] }), 'm', { fields: { a: '2' } }, true);
  await f(where({ field: 'a', equals: '1' }), 'm', { fields: {} }, false);
  await f(where({ field: 'a', equals: '1', not: true }), 'm', { fields: {} }, true);
  await f(where({ field: 'url.path', glob: '/health*' }), 'm', { fields: { 'url.path': '/healthz' } }, true);
  await f(where({ field: 'message', regex: 'heart\\s?beat' }), 'a heart beat', {}, true);
  await f(where({ field: 'message', regex: '^beat' }), 'a heart beat', {}, false);
  await f(where({ field: 'service.name', equals: 'shop' }), 'm', {}, true);
  await f(where({ field: 'host.name', glob: 'web-?' }), 'm', {}, true);
  await f(where({ field: 'site', equals: 'north' }), 'm', {}, true);
  await f(where({ field: 'a', exists: true }), 'm', { fields: { a: '' } }, true);
  await f(where({ field: 'a', exists: false }), 'm', {}, true);
  await f(where({ field: '__proto__', exists: true }), 'm', {}, false);
  await f(
    {
      where: [
        { field: 'a', equals: '1' },
        { field: 'b', equals: '1' },
      ],
    },
    'm',
    { fields: { a: '1' } },
    false,
  );
  await f({ below: 'warning' }, 'm', { level: 'info' }, true);
  await f({ below: 'warning' }, 'm', { level: '' }, true);
  await f({ below: 'warning' }, 'm', { level: 'warning' }, false);
  // By class or by level; only a filter that says so drops them.
  await f(where({ field: 'message', equals: 'm' }), 'm', { level: 'info' }, false, 'error');
  await f(where({ field: 'message', equals: 'm' }), 'm', { level: 'fatal' }, false);
  await f({ ...where({ field: 'message', equals: 'm' }), errors: true }, 'm', { level: 'error' }, true, 'error');
});

test('outside production lines below a level are dropped; the line’s own word comes before the default', async () => {
  const section = {
    environment: { field: ['env', 'service.environment'], dropBelow: 'warning', production: ['live'], default: 'live' },
  };
  const f = async (fields: Record<string, string>, level: string, want: string | null) =>
    expect((await pass(section, 'm', { fields, level })).filter, JSON.stringify(fields)).toBe(want);
  await f({ env: 'staging' }, 'info', 'outside-production');
  await f({ env: 'staging' }, '', 'outside-production');
  await f({ env: 'staging' }, 'warning', null);
  await f({ env: 'staging' }, 'error', null);
  await f({ env: 'live', 'service.environment': 'staging' }, 'debug', null);
  await f({}, 'debug', null);
});

test('a share is kept by the line’s id: the same at every replay, and about as many as was said', async () => {
  const section = { filters: [{ name: 'sample', where: [{ field: 'message', equals: 'm' }], keep: 0.1 }] };
  const frame = logFrame(
    'web-1',
    7,
    Array.from({ length: 10_000 }, () => logLine(NOW, 'm')),
  );
  const kept = async () => {
    const [piped] = await (await testPipeline(section)).pipeline.run([frame]);
    return piped!.frame.places!;
  };
  const places = await kept();
  expect(await kept()).toEqual(places);
  expect(places.length).toBeGreaterThan(900);
  expect(places.length).toBeLessThan(1_100);
  // Not those that another sequence keeps.
  const [other] = await (await testPipeline(section)).pipeline.run([{ ...frame, id: { ...frame.id, sequence: 8 } }]);
  expect(other!.frame.places).not.toEqual(places);
});

test('lines left out keep the places of the others, and stand in the frame by reason', async () => {
  const section = {
    filters: [
      { name: 'a', where: [{ field: 'message', equals: 'a' }] },
      { name: 'b', where: [{ field: 'message', glob: 'b*' }] },
    ],
  };
  const { pipeline, registry } = await testPipeline(section);
  const lines = ['a', 'x', 'b1', 'b2', 'y', 'a'].map((message) => logLine(NOW, message));
  const [first, whole] = await pipeline.run([logFrame('web-1', 1, lines), logFrame('web-1', 2, [logLine(NOW, 'z')])]);
  expect(first!.frame).toMatchObject({ places: [1, 4], left: { 'filtered:a': 2, 'filtered:b': 2 } });
  expect(first!.frame.lines.map((line) => line.message)).toEqual(['x', 'y']);
  expect(whole!.frame.places).toBeUndefined();
  expect(registry.render()).toContain('heliograph_core_indexer_filtered_lines_total{rule="a"} 0');
  pipeline.count(first!.tally);
  expect(registry.render()).toContain('heliograph_core_indexer_filtered_lines_total{rule="a"} 2');
});

test('events go by untouched', async () => {
  const { pipeline } = await testPipeline({
    services: [{ parse: 'json' }],
    filters: [{ name: 'all', below: 'fatal', errors: true }],
  });
  const frame = logFrame('web-1', 1, [logLine(NOW, 'host_down web-1', { service: 'heliograph' })]);
  const alert = { ...frame, id: { ...frame.id, class: 'alert' as const } };
  expect((await pipeline.run([alert]))[0]!.frame).toBe(alert);
});

test('hostile lines are bounded, stored as they came, and nobody is polluted', async () => {
  const { pipeline, registry } = await testPipeline({
    services: [
      { service: 'json', parse: 'json' },
      { service: 'grok', parse: 'grok', pattern: '%{DATA:a} %{DATA:b} %{IP:c}' },
      { service: 'pairs', parse: 'key-value', separators: { pairs: ',', value: ':' } },
    ],
  });
  const many = Array.from({ length: 5_000 }, (_, i) => [`k${i}`, i]);
  const texts: [string, string, string | null][] = [
    ['json', '['.repeat(500_000), 'not_json'],
    ['json', `{"a":${'[1,'.repeat(200_000)}`, 'too_deep'],
    ['json', JSON.stringify(Object.fromEntries(many)), 'too_many_fields'],
    ['json', `{"a":"${'x'.repeat(500_000)}"}`, null],
    ['json', '{"__proto__":"x","a":"\\ud800","b":"\ufffd\ufffd"}', null],
    ['json', 'x'.repeat(2_000_000), 'too_long'],
    ['grok', 'a '.repeat(250_000), 'too_long'],
    ['grok', 'a '.repeat(8_000), 'no_match'],
    ['pairs', many.map(([name, value]) => `${name}:${value}`).join(','), 'too_many_fields'],
  ];
  for (const [service, text, failure] of texts) {
    const line = logLine(NOW, text, { service });
    const began = process.cpuUsage();
    const passed = pipeline.pass(logFrame('web-1', 1, [line]), line, 0);
    const { user, system } = process.cpuUsage(began);
    expect(passed.failure, text.slice(0, 30)).toBe(failure);
    if (failure !== null) expect(passed.line.message).toBe(text);
    expect(user + system, text.slice(0, 30)).toBeLessThan(500_000);
  }
  const polluting = logLine(NOW, '{"__proto__":"x","b":1}', { service: 'json' });
  const { line } = pipeline.pass(logFrame('web-1', 1, [polluting]), polluting, 0);
  expect(Object.getOwnPropertyDescriptor(line.fields, '__proto__')?.value).toBe('x');
  expect(Object.getPrototypeOf(line.fields)).toBe(Object.prototype);
  expect(registry.render()).not.toContain('pipeline_faults_total{');
});

test('200,000 characters made by chance never stop the pipeline, and no line goes missing', async () => {
  let state = 42;
  const next = (most: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % most;
  };
  const pieces = [
    '{"',
    '":',
    '}',
    '[',
    ']',
    ',',
    '"',
    '\\',
    '=',
    ' ',
    '\u0000',
    '\ud800',
    'é',
    'level',
    'time',
    'msg',
    '1795866000',
    '-',
    '2026-11-28T11:00:00Z',
    '%{IP}',
    '__proto__',
    '<11>',
  ];
  const services = ['json', 'logfmt', 'key-value'].map((parse) => ({ service: parse, parse }));
  const grok = {
    service: 'grok',
    parse: 'grok',
    pattern: ['%{COMBINEDAPACHELOG}', '%{SYSLOGLINE}', '%{GREEDYDATA:all}'],
  };
  const { pipeline, registry } = await testPipeline({ services: [...services, grok] });
  const lines = Array.from({ length: 4_000 }, (_, i) =>
    logLine(NOW, Array.from({ length: next(30) }, () => pieces[next(pieces.length)]).join(''), {
      service: ['json', 'logfmt', 'key-value', 'grok'][i % 4]!,
    }),
  );
  const [piped] = await pipeline.run([logFrame('web-1', 1, lines)]);
  expect(piped!.frame.lines).toHaveLength(lines.length);
  for (const line of piped!.frame.lines) {
    expect(Number.isFinite(line.time)).toBe(true);
    for (const value of [line.message, line.level, line.service, ...Object.values(line.fields)])
      expect(typeof value).toBe('string');
  }
  expect(registry.render()).not.toContain('pipeline_faults_total{');
});

test('a long batch gives others their turn in between', async () => {
  let clock = 0;
  let turns = 0;
  const { pipeline } = await testPipeline(rule({ parse: 'json' }), {
    // Each look at the clock is a line that took 3 ms.
    mono: () => (clock += 3),
    breathe: async () => {
      turns++;
    },
  });
  await pipeline.run([
    logFrame(
      'web-1',
      1,
      Array.from({ length: 30 }, () => logLine(NOW, '{"msg":"x"}')),
    ),
  ]);
  expect(turns).toBeGreaterThanOrEqual(6);
});
