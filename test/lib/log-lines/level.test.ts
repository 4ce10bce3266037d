import { describe, expect, it } from 'vitest';
import { serviceOfPath } from '../../../collector/core/tail/service-name.ts';
import { classOfLevel, type LineFacts, readLineFacts } from '../../../lib/log-lines/level.ts';
import { seeded } from '../../collector/random.ts';

const NOW = Date.UTC(2026, 10, 23, 14, 0, 0);

function facts(line: string): [string, number] {
  const bytes = new TextEncoder().encode(`#${line}#`);
  const out: LineFacts = { level: 'fatal', time: 1 };
  readLineFacts(bytes, 1, bytes.length - 1, NOW, 60, out);
  return [out.level, out.time];
}

describe('level', () => {
  for (const [line, level] of [
    ['{"level":"error","msg":"x"}', 'error'],
    ['{"severity": "WARNING"}', 'warning'],
    ['{"log.level":"Info","message":"an error \\"level\\":\\"fatal\\""}', 'info'],
    ['{"log":{"level":"fatal"}}', 'fatal'],
    ['{"a":{"level":"fatal"},"lvl":"dbg"}', 'debug'],
    ['{"a":["level","error"],"level":50}', 'error'],
    ['{"level":10}', 'debug'],
    ['{"level":30,"time":1700000000000}', 'info'],
    ['{"level":3}', 'error'],
    ['{"msg":"level"}', ''],
    ['{"level":', ''],
    ['{"level":"err', 'error'],
    ['{', ''],
    ['time=2026-11-23T13:44:49Z level=warn msg="an ERROR"', 'warning'],
    ['ts=1 lvl=eror severity=crit', 'fatal'],
    ['2026-11-23 13:44:49,123 [main] ERROR com.acme.Shop - no', 'error'],
    ['2026-11-23 13:44:49 [error] 31#31: *1 open() failed', 'error'],
    ['[2026-11-23 13:44:49] [WARN] x', 'warning'],
    ['ERROR: x', 'error'],
    ['error: x', 'error'],
    ['npm warn: x', 'warning'],
    ['E1123 13:44:49.123456 1 main.go:1] x', 'error'],
    ['W1123 13:44:49.123456 1 main.go:1] x', 'warning'],
    ['<11>Nov 23 13:44:49 host app: x', 'error'],
    ['<14>1 2026-11-23T13:44:49.003Z host app - - - x', 'info'],
    ['Nov 23 13:44:49 host app[1]: CRITICAL x', 'fatal'],
    ['TRACE x', 'debug'],
    ['NOTICE x', 'info'],
    ['10.0.0.1 - - [23/Nov/2026:13:44:49 +0000] "GET /error HTTP/1.1" 500 12', ''],
    ['no errors found', ''],
    ['informational', ''],
    ['GET /ERROR.html', ''],
    ['MY_ERROR happened', ''],
    ['', ''],
    ['   ', ''],
  ] as const) {
    it(JSON.stringify(line), () => expect(facts(line)[0]).toBe(level));
  }
});

describe('time', () => {
  const t = Date.UTC(2026, 10, 23, 13, 44, 49);
  for (const [line, time] of [
    ['2026-11-23T13:44:49Z x', t],
    ['2026-11-23T13:44:49.123Z x', t + 123],
    ['2026-11-23 13:44:49,123 INFO', t + 123],
    ['2026-11-23T13:44:49.123456789+02:00', t + 123.456 - 7_200_000],
    ['2026-11-23 13:44:49 -0330 x', t + 3.5 * 3_600_000],
    ['[2026/11/23 13:44:49] x', t],
    ['{"time":"2026-11-23T13:44:49.5Z"}', t + 500],
    ['{"@timestamp":"2026-11-23T13:44:49Z","log":{"level":"info"}}', t],
    [`{"ts":${t / 1000}.25,"level":"info"}`, t + 250],
    [`{"timestamp":${t}}`, t],
    [`{"ts":${t}123456}`, t + 0.123],
    ['Nov 23 13:44:49 host x', t - 3_600_000],
    ['<11>Nov  3 13:44:49 host x', Date.UTC(2026, 10, 3, 12, 44, 49)],
    ['Dec 31 23:59:59 host x', Date.UTC(2026, 11, 31, 22, 59, 59)],
    ['Jan  1 00:30:00 host x', Date.UTC(2026, 11, 31, 23, 30, 0)],
    ['2026-13-23T13:44:49Z', Number.NaN],
    ['2026-11-23', Number.NaN],
    ['{"ts":12345678901234567890}', Number.NaN],
    ['{"time":"now"}', Number.NaN],
    ['x', Number.NaN],
  ] as const) {
    it(JSON.stringify(line), () => expect(facts(line)[1]).toBe(time));
  }
});

it('reads nothing outside the line and never throws', () => {
  const random = seeded(5);
  const alphabet = '{}[]":,\\<>0123456789levl errortimeTZ-/=\n';
  for (let i = 0; i < 20_000; i++) {
    const line = Array.from({ length: random(60) }, () => alphabet[random(alphabet.length)]).join('');
    const alone = facts(line);
    const bytes = new TextEncoder().encode(`"level":"error" ERROR: ${line} level=error, "level":"fatal"}`);
    const out: LineFacts = { level: '', time: 0 };
    readLineFacts(bytes, 23, 23 + line.length, NOW, 60, out);
    expect([out.level, out.time]).toEqual(alone);
  }
});

it('classes', () => {
  expect((['fatal', 'error', 'warning', 'info', '', 'debug'] as const).map(classOfLevel)).toEqual([
    'error',
    'error',
    'log',
    'log',
    'log',
    'debug',
  ]);
});

it('services by path', () => {
  for (const [path, service] of [
    ['/var/log/nginx/access.log.1', 'nginx'],
    ['/var/log/app-20260101.log', 'app'],
    ['/var/log/orders.log.3.gz', 'orders'],
    ['/var/log/syslog', 'syslog'],
    ['/var/log/app.log', 'app'],
    ['/srv/shop/logs/payments.json', 'payments'],
    ['/srv/shop/current', 'shop'],
    ['/x.log', 'x'],
    ['.log', 'unknown'],
  ]) {
    expect(serviceOfPath(path!)).toBe(service);
  }
});
