import { RE2JS } from 're2js';
import { expect, test } from 'vitest';
import { compileExpressions } from '../../../../core/indexer/pipeline/expression.ts';
import { expandGrok } from '../../../../core/indexer/pipeline/grok.ts';
import { GROK_PATTERNS } from '../../../../core/indexer/pipeline/grok-patterns.ts';
import { toNative } from '../../../../core/indexer/pipeline/native.ts';

function match(parse: 'regex' | 'grok', pattern: string | string[], text: string, definitions = {}): unknown {
  const compiled = compileExpressions(parse, [pattern].flat(), definitions);
  if (!compiled.ok) return compiled.why;
  for (const expression of compiled.expressions) {
    const found = expression(text);
    if (found) return Object.fromEntries(found);
  }
  return null;
}

test('every grok pattern that is built in can be expanded and compiled', () => {
  for (const name of GROK_PATTERNS.keys()) {
    const expanded = expandGrok(`%{${name}:x}`, {});
    if (!expanded.ok) throw new Error(`${name}: ${expanded.why}`);
    expect(() => RE2JS.compile(expanded.source), name).not.toThrow();
  }
});

test('grok over lines of the field', () => {
  const f = (pattern: string, text: string, want: unknown) => expect(match('grok', pattern, text), text).toEqual(want);
  f(
    '^%{COMBINEDAPACHELOG}$',
    '192.168.10.20 - frank [10/Oct/2025:13:55:36 -0700] "GET /a.gif?x=1 HTTP/1.1" 200 2326 "http://example.com/" "Mozilla/5.0 (X11) \\"quoted\\""',
    {
      'source.address': '192.168.10.20',
      'user.name': 'frank',
      timestamp: '10/Oct/2025:13:55:36 -0700',
      'http.request.method': 'GET',
      'url.original': '/a.gif?x=1',
      'http.version': '1.1',
      'http.response.status_code': '200',
      'http.response.body.bytes': '2326',
      'http.request.referrer': 'http://example.com/',
      'user_agent.original': 'Mozilla/5.0 (X11) \\"quoted\\"',
    },
  );
  f('%{COMBINEDAPACHELOG}', '2001:db8::1 - - [23/Nov/2026:13:44:49 +0000] "\\x16\\x03\\x01" 400 - "-" "-"', {
    'source.address': '2001:db8::1',
    timestamp: '23/Nov/2026:13:44:49 +0000',
    'http.response.status_code': '400',
  });
  f('%{SYSLOGLINE}', 'Nov  3 13:44:49 web-1 sshd[812]: Failed password for root from 10.0.0.9 port 22', {
    timestamp: 'Nov  3 13:44:49',
    'host.hostname': 'web-1',
    'process.name': 'sshd',
    'process.pid': '812',
    message: 'Failed password for root from 10.0.0.9 port 22',
  });
  f('%{SYSLOGLINE}', 'Nov 23 13:44:49 db kernel: oom', {
    timestamp: 'Nov 23 13:44:49',
    'host.hostname': 'db',
    'process.name': 'kernel',
    message: 'oom',
  });
  f(
    '%{TIMESTAMP_ISO8601:ts} +%{LOGLEVEL:level} \\[%{DATA:thread}\\] %{JAVACLASS:class} - %{GREEDYDATA:message}',
    '2026-11-23 13:44:49,123  WARN [http-1] com.acme.Shop - slow',
    { ts: '2026-11-23 13:44:49,123', level: 'WARN', thread: 'http-1', class: 'com.acme.Shop', message: 'slow' },
  );
  f(
    '%{IP:client} %{WORD:method} %{URIPATHPARAM:request} %{NUMBER:bytes:int} %{NUMBER:duration}',
    '55.3.244.1 GET /index.html?x=1 15824 0.043',
    {
      client: '55.3.244.1',
      method: 'GET',
      request: '/index.html?x=1',
      bytes: '15824',
      duration: '0.043',
    },
  );
  f('client=%{IP:[source][ip]},', 'x client=2001:db8:0:0:0:0:0:1, y', { 'source.ip': '2001:db8:0:0:0:0:0:1' });
  f('%{IP:ip}', 'at 13:44:49 from 10.1.2.3', { ip: '10.1.2.3' });
  f('%{IP:ip}', 'from ::ffff:10.1.2.3', { ip: '::ffff:10.1.2.3' });
  f('%{UUID:id}', 'id 123e4567-e89b-12d3-a456-426614174000.', { id: '123e4567-e89b-12d3-a456-426614174000' });
  f('%{MAC:mac}', 'from 00:1A:2b:3c:4d:5e', { mac: '00:1A:2b:3c:4d:5e' });
  f('%{QS:q}', 'say "a \\"b\\" c" now', { q: '"a \\"b\\" c"' });
  f('%{MONTHDAY:d}/%{MONTHNUM:m}/%{YEAR:y} %{TIME:t}', '31/12/2026 23:59:60', {
    d: '31',
    m: '12',
    y: '2026',
    t: '23:59:60',
  });
  f('%{DAY:d} %{MONTH:m}', 'Thursday September', { d: 'Thursday', m: 'September' });
  f('%{DAY:d} %{MONTH:m}', 'Tue Jul', { d: 'Tue', m: 'Jul' });
  f('^%{BASE16NUM:a} %{BASE10NUM:b} %{INT:c}$', '0xFF -3.5 +7', { a: '0xFF', b: '-3.5', c: '+7' });
  f('%{HTTPD_ERRORLOG}', '[Mon Nov 23 13:44:49.123456 2026] [core:error] [pid 12:tid 34] [client 10.0.0.1:5] AH1: no', {
    timestamp: 'Mon Nov 23 13:44:49.123456 2026',
    'apache.error.module': 'core',
    'log.level': 'error',
    'process.pid': '12',
    'process.thread.id': '34',
    'source.address': '10.0.0.1:5',
    message: 'AH1: no',
  });
  f('%{WORD:only}', '!!!', null);
});

test('definitions of ones own, alternatives, and groups named in the pattern', () => {
  expect(
    match('grok', '%{ORDER:order.id} %{STATE:state}', 'A-17 sent', { ORDER: '[A-Z]-%{INT}', STATE: 'sent|paid' }),
  ).toEqual({ 'order.id': 'A-17', state: 'sent' });
  expect(match('grok', 'user=(?<name>\\w+) %{WORD:what}', 'user=anna left')).toEqual({ name: 'anna', what: 'left' });
  expect(match('grok', '(?:user=%{WORD:user}|id=%{INT:user})', 'id=7')).toEqual({ user: '7' });
  expect(match('regex', ['^A (?P<a>\\d+)$', '^B (?<b>\\d+)$'], 'B 2')).toEqual({ b: '2' });
});

test('what cannot be used says what to mend', () => {
  const why = (parse: 'regex' | 'grok', pattern: string, definitions = {}) => match(parse, pattern, '', definitions);
  expect(why('grok', '%{WORDS:x}')).toContain('did you mean %{WORD}');
  expect(why('grok', '%{A:x}', { A: '%{B}', B: '%{A}' })).toContain('take the circle out: %{A} uses %{B} uses %{A}');
  expect(why('grok', '%{WORD:x} %{}')).toContain('write %{} as');
  expect(why('grok', '%{WORD}')).toContain('name at least one group');
  expect(why('regex', '(?P<a>x')).toContain('missing closing )');
  expect(why('regex', '(?P<a>x)(?!y)')).toContain('look-around is not part of RE2');
  expect(why('regex', '(?P<a>x)\\1')).toContain('mend the expression');
  // Ten to the tenth copies are refused, not made.
  const bomb = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`P${i}`, `%{P${i + 1}}`.repeat(10)]));
  expect(why('grok', '%{P0:x}', { ...bomb, P10: 'x' })).toContain('make it shorter');
});

test('the fast engine is used only where the next character decides, and both say the same', () => {
  const fast = [
    '^(\\S+) (\\S+)$',
    '^a{2,3}b',
    '(?P<x>[^"]*)"',
    '^(?:GET|POST) /',
    '%{COMBINEDAPACHELOG}',
    '%{SYSLOGLINE}',
  ];
  const slow = [
    '^(a+)+$',
    '^(a|a)*$',
    '^(.*)(.*)$',
    '^(\\w+)\\d$',
    '(?i)^abc',
    '^\\bx',
    '^(?:a|ab)c',
    '^\\p{L}+$',
    '^(?:(a)|b)*$',
    '.*?x',
  ];
  for (const pattern of fast) expect(toNative(sourceOf(pattern)), pattern).not.toBeNull();
  for (const pattern of slow) expect(toNative(pattern), pattern).toBeNull();
});

function sourceOf(pattern: string): string {
  const expanded = expandGrok(pattern, {});
  if (!expanded.ok) throw new Error(expanded.why);
  return expanded.source;
}

/** mulberry32 */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test('2,000 expressions made by chance: the fast engine finds what RE2 finds', () => {
  const next = random(7);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
  const atoms = ['a', 'b', 'é', '[ab]', '[^a]', '\\d', '\\S', '\\s', '.', ' ', '-', '[a-c-]', '[^\\s"]', '\\.', '"'];
  const make = (depth: number): string => {
    let text = '';
    for (let i = 1 + Math.floor(next() * 4); i > 0; i--) {
      const kind = next();
      const atom =
        kind < 0.7 || depth === 0
          ? pick(atoms)
          : `(${pick(['', '?:'])}${make(depth - 1)}${next() < 0.4 ? `|${make(depth - 1)}` : ''})`;
      text += atom + pick(['', '', '', '+', '*', '?', '{2}', '{1,3}', '*?', '+?']);
    }
    return text;
  };
  let compared = 0;
  for (let i = 0; i < 2_000; i++) {
    const source = `${pick(['^', ''])}${make(2)}${pick(['$', ''])}`;
    const native = toNative(source);
    if (native === null) continue;
    const compiled = RE2JS.compile(source);
    for (let n = 0; n < 10; n++) {
      const text = Array.from({ length: Math.floor(next() * 12) }, () =>
        pick(['a', 'b', 'c', ' ', '1', '-', '"', '.', 'é', '😀', '\n', '\u00a0']),
      ).join('');
      const ours = native.atBeginning.exec(text);
      const theirs = compiled.exec(text) as (string | null)[] | null;
      const atBeginning = theirs !== null && compiled.matcher(text).lookingAt();
      expect(
        ours === null ? null : [...ours].map((one) => one ?? null),
        `${source} on ${JSON.stringify(text)}`,
      ).toEqual(atBeginning ? [...theirs].map((one) => one ?? null) : null);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(1_000);
});

test('no expression takes more than linear time', () => {
  const long = 16_384;
  const f = (parse: 'regex' | 'grok', pattern: string, text: string) => {
    const compiled = compileExpressions(parse, [pattern], {});
    if (!compiled.ok) throw new Error(compiled.why);
    const began = process.cpuUsage();
    compiled.expressions[0]!(text);
    const { user, system } = process.cpuUsage(began);
    expect(user + system, pattern).toBeLessThan(500_000);
  };
  f('regex', '^(?P<x>(a+)+)$', `${'a'.repeat(long)}!`);
  f('regex', '(?P<x>(x+x+)+y)', 'x'.repeat(long));
  f('regex', '^(?P<x>\\S+ )*$', 'a '.repeat(long / 2));
  f('regex', '^(?P<x>(?:[^"]*"[^"]*")*)$', '"'.repeat(long + 1));
  f('grok', '%{COMBINEDAPACHELOG}', '1.1.1.1 '.repeat(long / 8));
  f('grok', '%{DATA:a} %{DATA:b} %{DATA:c} %{DATA:d}!', 'x '.repeat(long / 2));
  f('grok', '%{IP:a}', '1:'.repeat(long / 2));
});
