import { expect, test } from 'vitest';
import { parseJson } from '../../../../core/indexer/pipeline/parse-json.ts';
import { parseLogfmt, parsePairs } from '../../../../core/indexer/pipeline/parse-pairs.ts';
import type { Parsed } from '../../../../core/indexer/pipeline/parsed.ts';

const limits = { fields: 500, depth: 32 };

function plain(parsed: Parsed): unknown {
  return typeof parsed === 'string' ? parsed : Object.fromEntries(parsed);
}

test('JSON as loggers write it', () => {
  const f = (text: string, want: unknown) => expect(plain(parseJson(text, limits)), text).toEqual(want);
  f('{"level":30,"time":1795440949123,"pid":1,"hostname":"web-1","msg":"listening"}', {
    level: '30',
    time: '1795440949123',
    pid: '1',
    hostname: 'web-1',
    msg: 'listening',
  });
  f('  {"@timestamp":"2026-11-23T13:44:49Z","log":{"level":"info","logger":"a.B"},"message":"m","labels":{"x":true}}', {
    '@timestamp': '2026-11-23T13:44:49Z',
    'log.level': 'info',
    'log.logger': 'a.B',
    message: 'm',
    'labels.x': 'true',
  });
  f('{"tags":["a","b"],"deep":[{"x":1}],"none":null,"empty":{},"":"nameless"}', {
    tags: '["a","b"]',
    deep: '[{"x":1}]',
    empty: '{}',
    '': 'nameless',
  });
  f('{"a.b":1,"a":{"b":2}}', { 'a.b': '1', 'a.b.2': '2' });
  f('{"id":12345678901234567890,"n":1e3,"big":1234567890123456}', {
    id: '12345678901234567890',
    n: '1e3',
    big: '1234567890123456',
  });
  f('{"n":1.50}', { n: '1.5' });
  f('{"text":"a \\"quoted\\\\\\" [[[[ brace {"}', { text: 'a "quoted\\" [[[[ brace {' });
});

test('what is no JSON object, or too much of one, is said', () => {
  const f = (text: string, want: unknown) => expect(plain(parseJson(text, limits)), text.slice(0, 60)).toEqual(want);
  f('', 'not_json');
  f('plain text', 'not_json');
  f('[1,2]', 'not_json');
  f('{"a":1', 'not_json');
  f('{"a":1} and more', 'not_json');
  f("{'a':1}", 'not_json');
  f('{"a":"unclosed', 'not_json');
  f(`{"a":${'['.repeat(500_000)}`, 'too_deep');
  f(`{"a":${'{"a":'.repeat(40)}1${'}'.repeat(41)}`, 'too_deep');
  f(`{${Array.from({ length: 5_000 }, (_, i) => `"k${i}":${i}`).join(',')}}`, 'too_many_fields');
});

test('__proto__ and constructor are names like any other', () => {
  const parsed = parseJson('{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"x":1}},"a":1}', limits) as Map<
    string,
    string
  >;
  expect([...parsed]).toEqual([
    ['__proto__.polluted', 'yes'],
    ['constructor.prototype.x', '1'],
    ['a', '1'],
  ]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect((parseLogfmt('__proto__=x a=1', limits) as Map<string, string>).get('__proto__')).toBe('x');
});

test('logfmt', () => {
  const f = (text: string, want: unknown) => expect(plain(parseLogfmt(text, limits)), text).toEqual(want);
  f('level=info msg="it went well" took=12ms', { level: 'info', msg: 'it went well', took: '12ms' });
  f('at=info method=GET path=/ host=x.herokuapp.com fwd="1.2.3.4" connect=1ms status=200 bytes=', {
    at: 'info',
    method: 'GET',
    path: '/',
    host: 'x.herokuapp.com',
    fwd: '1.2.3.4',
    connect: '1ms',
    status: '200',
    bytes: '',
  });
  f('msg="say \\"hi\\"\\n\\u00e9 \\q" ok', { msg: 'say "hi"\né \\q', ok: 'true' });
  f('query="a=b&c=d" t=1', { query: 'a=b&c=d', t: '1' });
  f('tag=a tag=b tag=c', { tag: 'a', 'tag.2': 'b', 'tag.3': 'c' });
  f('msg="never closed and=more', { msg: '"never', closed: 'true', and: 'more' });
  f('url=http://x/?a=b=c', { url: 'http://x/?a=b=c' });
  f('no pairs here', 'no_pairs');
  f('', 'no_pairs');
  f('=x', 'no_pairs');
  f(Array.from({ length: 501 }, (_, i) => `k${i}=1`).join(' '), 'too_many_fields');
});

test('key-value with separators of ones own', () => {
  const f = (text: string, pairs: string, value: string, want: unknown) =>
    expect(plain(parsePairs(text, { pairs, value }, limits)), text).toEqual(want);
  f('date=2026-11-23 time=13:44:49 devname="FW-1" action=deny', ' ', '=', {
    date: '2026-11-23',
    time: '13:44:49',
    devname: 'FW-1',
    action: 'deny',
  });
  f('user: anna, action: "log in, log out", took: 12 ms', ',', ':', {
    user: 'anna',
    action: 'log in, log out',
    took: '12 ms',
  });
  f('a=1|b=2|c=', '|', '=', { a: '1', b: '2', c: '' });
  f('Checkpoint done: wrote=12 files=3', ' ', '=', { wrote: '12', files: '3' });
  f('key => value; other => x', ';', '=>', { key: 'value', other: 'x' });
  f('nothing at all', ',', ':', 'no_pairs');
});

test('time is linear in the text, whatever it holds', () => {
  const hostile = [
    'a="x"'.repeat(100_000),
    '="\\'.repeat(150_000),
    'a='.repeat(200_000),
    '"'.repeat(500_000),
    `{"a":"${'\\'.repeat(500_000)}`,
    `{"a":"${'\\"'.repeat(250_000)}`,
    ' '.repeat(500_000),
    'a:'.repeat(250_000),
  ];
  for (const text of hostile) {
    const began = process.cpuUsage();
    parseLogfmt(text, limits);
    parsePairs(text, { pairs: ',', value: ':' }, limits);
    parsePairs(text, { pairs: ' ', value: '=' }, limits);
    parseJson(text, limits);
    const { user, system } = process.cpuUsage(began);
    expect(user + system, text.slice(0, 10)).toBeLessThan(1_000_000);
  }
});
