import { expect, test } from 'vitest';
import { SyslogLines } from '../../../../lib/ingest/syslog/line.ts';
import { readSyslog } from '../../../../lib/ingest/syslog/read.ts';
import { NOW } from './read.ts';

test('units of fields that only one line has are told, and those of long names are not remembered', () => {
  const lines = new SyslogLines({ retentionMs: 86_400_000, futureMs: 3_600_000 });
  const lineOf = (text: string, address = '10.0.0.1') => {
    const bytes = Buffer.from(text);
    const message = readSyslog(bytes, 0, bytes.length, { now: NOW, offset: () => 0 });
    return lines.line(0, message, bytes, { host: 'h', address, cut: false }, NOW);
  };
  const { fields } = lineOf('<13>1 - h app 1 - - t');
  expect(lines.ownUnits).toBe(0);
  expect(lineOf('<13>1 - h app 1 - - u').fields).toBe(fields);
  const value = 'v'.repeat(50_000);
  const own = lineOf(`<13>1 - h app 1 - [x a="${value}"] t`).fields;
  expect(own['log.syslog.structured_data.x.a']).toBe(value);
  expect(lines.ownUnits).toBe(Object.entries(own).flat().join('').length);
  const names = ['a', 'b', 'c'].map((name) => name.repeat(128)).join(' ');
  const long = `<13>1 - ${'x'.repeat(200)} ${names} - t`;
  expect(lineOf(long).fields).not.toBe(lineOf(long).fields);
  expect(lines.ownUnits).toBeGreaterThan(584);
  expect(lineOf('<13>1 - h app 1 - - t').fields).toBe(fields);
  expect(lines.ownUnits).toBe(0);
});
