import { expect, test } from 'vitest';
import { levelOf } from '../../../../core/indexer/pipeline/severity.ts';
import { compileTimeFormat } from '../../../../core/indexer/pipeline/time-format.ts';
import { isZone, zoneOffset } from '../../../../core/indexer/pipeline/zone.ts';

const NEAR = Date.parse('2026-11-28T12:00:00Z');

function read(format: string, text: string, zone = 'UTC', near = NEAR): string | null {
  const compiled = compileTimeFormat(format);
  if (typeof compiled === 'string') throw new Error(compiled);
  const time = compiled(text, zoneOffset(zone)!, near);
  if (Number.isNaN(time)) return null;
  const micros = Math.round((time % 1) * 1_000);
  return new Date(Math.floor(time)).toISOString() + (micros === 0 ? '' : `+${micros}us`);
}

test('RFC 3339 and ISO without a zone', () => {
  const f = (text: string, zone: string, want: string | null) => expect(read('iso', text, zone), text).toBe(want);
  f('2026-11-23T13:44:49Z', 'Europe/Berlin', '2026-11-23T13:44:49.000Z');
  f('2026-11-23T13:44:49.123456Z', 'UTC', '2026-11-23T13:44:49.123Z+456us');
  f('2026-11-23T13:44:49+02:00', 'UTC', '2026-11-23T11:44:49.000Z');
  f('2026-11-23 13:44:49,123 +0530', 'UTC', '2026-11-23T08:14:49.123Z');
  f('2026/11/23 13:44:49 UTC', 'Asia/Tokyo', '2026-11-23T13:44:49.000Z');
  f('2026-11-23T13:44:49', 'Europe/Berlin', '2026-11-23T12:44:49.000Z');
  f('2026-07-23 13:44:49.5', 'Europe/Berlin', '2026-07-23T11:44:49.500Z');
  f('2026-11-23T13:44:49', '-03:30', '2026-11-23T17:14:49.000Z');
  f('2026-11-23', 'UTC', null);
  f('2026-13-23T13:44:49Z', 'UTC', null);
  f('2026-11-23T13:44:49 CEST', 'UTC', null);
  f('2026-11-23T13:44:49 and more', 'UTC', null);
  f('yesterday', 'UTC', null);
});

test('clocks that go back and forward', () => {
  const f = (text: string, zone: string, want: string) => expect(read('iso', text, zone), text).toBe(want);
  // There twice: the first. Not there: counted on.
  f('2026-10-25T02:30:00', 'Europe/Berlin', '2026-10-25T00:30:00.000Z');
  f('2026-03-29T02:30:00', 'Europe/Berlin', '2026-03-29T01:30:00.000Z');
  f('2026-11-01T01:30:00', 'America/New_York', '2026-11-01T05:30:00.000Z');
  f('2026-03-08T02:30:00', 'America/New_York', '2026-03-08T07:30:00.000Z');
  f('2026-10-25T01:59:59', 'Europe/Berlin', '2026-10-24T23:59:59.000Z');
  f('2026-10-25T03:00:00', 'Europe/Berlin', '2026-10-25T02:00:00.000Z');
});

test('numbers since the epoch', () => {
  const f = (format: string, text: string, want: string | null) => expect(read(format, text), text).toBe(want);
  f('epoch', '1795441489', '2026-11-23T13:44:49.000Z');
  f('epoch', '1795441489.25', '2026-11-23T13:44:49.250Z');
  f('epoch', '1795441489123', '2026-11-23T13:44:49.123Z');
  f('epoch', '1795441489123456', '2026-11-23T13:44:49.123Z+456us');
  f('epoch', '1795441489123456789', '2026-11-23T13:44:49.123Z+456us');
  f('epoch_s', '1795441489', '2026-11-23T13:44:49.000Z');
  f('epoch_ms', '1795441489123', '2026-11-23T13:44:49.123Z');
  f('epoch_us', '1795441489123456', '2026-11-23T13:44:49.123Z+456us');
  f('epoch_ns', '1795441489123456789', '2026-11-23T13:44:49.123Z+456us');
  f('epoch', '42', null);
  f('epoch', '-1795441489', null);
  f('epoch_ms', '0x10', null);
});

test('RFC 3164, of the year that is nearest', () => {
  const f = (text: string, near: string, zone: string, want: string | null) =>
    expect(read('rfc3164', text, zone, Date.parse(near)), text).toBe(want);
  f('Nov 23 13:44:49', '2026-11-28T12:00:00Z', 'UTC', '2026-11-23T13:44:49.000Z');
  f('Nov  3 13:44:49', '2026-11-28T12:00:00Z', 'Europe/Berlin', '2026-11-03T12:44:49.000Z');
  f('Dec 31 23:59:59', '2027-01-01T00:00:05Z', 'UTC', '2026-12-31T23:59:59.000Z');
  f('Jan  1 00:00:01', '2026-12-31T23:59:59Z', 'UTC', '2027-01-01T00:00:01.000Z');
  f('Nov 23', '2026-11-28T12:00:00Z', 'UTC', null);
});

test('common log format and patterns', () => {
  const f = (format: string, text: string, want: string | null, zone = 'UTC') =>
    expect(read(format, text, zone), `${format} of ${text}`).toBe(want);
  f('clf', '10/Oct/2026:13:55:36 -0700', '2026-10-10T20:55:36.000Z');
  f('clf', '10/Foo/2026:13:55:36 -0700', null);
  f('%d.%m.%Y %H:%M:%S', '23.11.2026 13:44:49', '2026-11-23T12:44:49.000Z', 'Europe/Berlin');
  f('%m/%d/%y %I:%M:%S %p', '11/23/26 01:44:49 PM', '2026-11-23T13:44:49.000Z');
  f('%m/%d/%y %I:%M %p', '11/23/26 12:05 am', '2026-11-23T00:05:00.000Z');
  f('%a %b %e %T %Y', 'Mon Nov  3 13:44:49 2026', '2026-11-03T13:44:49.000Z');
  f('%A, %d %B %Y %H:%M', 'Monday, 23 November 2026 13:44', '2026-11-23T13:44:00.000Z');
  f('%Y%m%d-%H%M%S.%f', '20261123-134449.123456', '2026-11-23T13:44:49.123Z+456us');
  f('%F %T,%L', '2026-11-23 13:44:49,5', '2026-11-23T13:44:49.500Z');
  f('%F %T %z', '2026-11-23 13:44:49 +01:00', '2026-11-23T12:44:49.000Z');
  f('%Y.%j %H', '2026.327 13', '2026-11-23T13:00:00.000Z');
  f('%s.%f', '1795441489.5', '2026-11-23T13:44:49.500Z');
  f('%b %d %H:%M:%S.%L', 'Dec 30 13:44:49.123', '2026-12-30T13:44:49.123Z');
  f('at %d%%%m%%%Y', 'at 23%11%2026', '2026-11-23T00:00:00.000Z');
  f('%d.%m.%Y', '31.02.2026', null);
  f('%d.%m.%Y %H:%M', '23.11.2026 25:00', null);
  f('%d.%m.%Y', '23.11.2026 13:44', null);
  f('%b %d', 'Feb 29', null);
});

test('a format that cannot be used says why', () => {
  const f = (format: string, why: string) => expect(compileTimeFormat(format)).toContain(why);
  f('ISO8601', 'is no time format: write iso');
  f('%H:%M:%S', 'does not say the day');
  f('%Y-%m', 'does not say the day');
  f('%d.%m %I:%M', 'needs %I and %p together');
  f('%d.%m.%Q', 'has %Q, which is not known');
});

test('zones', () => {
  for (const zone of ['UTC', 'Europe/Berlin', '+02:00', '-0330', 'UTC+01:00', 'America/Argentina/Ushuaia'])
    expect(isZone(zone), zone).toBe(true);
  for (const zone of ['', 'Europe/Berln', '+25:00', '02:00', 'x'.repeat(500), '../../etc/passwd'])
    expect(isZone(zone), zone).toBe(false);
});

test('levels from words and numbers', () => {
  const f = (value: string, numbers: Parameters<typeof levelOf>[1], want: string) =>
    expect(levelOf(value, numbers, new Map([['pech', 'error']])), `${value} as ${numbers}`).toBe(want);
  f('WARN', 'auto', 'warning');
  f('Critical', 'auto', 'fatal');
  f('notice', 'auto', 'info');
  f('Pech', 'auto', 'error');
  f('nonsense', 'auto', '');
  f('3', 'auto', 'error');
  f('30', 'auto', 'info');
  f('50', 'auto', 'error');
  f('7', 'syslog', 'debug');
  f('9', 'syslog', '');
  f('60', 'pino', 'fatal');
  f('9', 'otlp', 'info');
  f('17', 'otlp', 'error');
  f('13', 'otlp', 'warning');
  f('24', 'otlp', 'fatal');
  f('25', 'otlp', '');
  f('50', 'python', 'fatal');
  f('20', 'python', 'info');
  f('99999', 'pino', '');
});
