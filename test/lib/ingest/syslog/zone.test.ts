import { expect, test } from 'vitest';
import { zoneOffset } from '../../../../lib/ingest/syslog/zone.ts';

const at = (zone: string, wall: string) => zoneOffset(zone)!(Date.parse(`${wall}Z`));

test('fixed offsets and UTC', () => {
  expect(at('UTC', '2026-07-01T00:00:00')).toBe(0);
  expect(at('+02:00', '2026-07-01T00:00:00')).toBe(120);
  expect(at('-0330', '2026-07-01T00:00:00')).toBe(-210);
});

test('zones with summer time, around the hours at which it changes', () => {
  expect(at('Europe/Berlin', '2026-03-29T01:59:59')).toBe(60);
  expect(at('Europe/Berlin', '2026-03-29T03:00:00')).toBe(120);
  expect(at('Europe/Berlin', '2026-10-25T01:59:59')).toBe(120);
  expect(at('Europe/Berlin', '2026-10-25T03:00:00')).toBe(60);
  expect(at('America/St_Johns', '2026-07-01T12:00:00')).toBe(-150);
  expect(at('Asia/Kolkata', '2026-07-01T12:00:00')).toBe(330);
  expect(at('America/Los_Angeles', '2026-11-01T00:30:00')).toBe(-420);
  expect(at('America/Los_Angeles', '2026-11-01T02:30:00')).toBe(-480);
});

test('what is no zone', () => {
  for (const zone of ['', 'Berlin', '+25:00', '+02:60', 'Europe/Nowhere']) expect(zoneOffset(zone), zone).toBeNull();
});
