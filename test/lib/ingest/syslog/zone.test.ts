import { expect, test } from 'vitest';
import { zoneOffset } from '../../../../lib/ingest/syslog/zone.ts';

const at = (zone: string, wall: string, now = `${wall}Z`) => zoneOffset(zone)!(Date.parse(`${wall}Z`), Date.parse(now));

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

test('an hour that a clock shows twice is the one that is nearer to now, and one that never was has the offset before', () => {
  expect(at('Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T00:30:01Z')).toBe(120);
  expect(at('Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T01:30:01Z')).toBe(60);
  expect(at('America/Los_Angeles', '2026-11-01T01:10:00', '2026-11-01T08:10:00Z')).toBe(-420);
  expect(at('America/Los_Angeles', '2026-11-01T01:10:00', '2026-11-01T09:10:00Z')).toBe(-480);
  // From 1 to 0 o'clock: the day begins with it.
  expect(at('America/Havana', '2026-11-01T00:30:00', '2026-11-01T04:30:00Z')).toBe(-240);
  expect(at('America/Havana', '2026-11-01T00:30:00', '2026-11-01T05:30:00Z')).toBe(-300);
  expect(at('Europe/Berlin', '2026-03-29T02:30:00')).toBe(60);
});

test('what is no zone', () => {
  for (const zone of ['', 'Berlin', '+25:00', '+02:60', 'Europe/Nowhere']) expect(zoneOffset(zone), zone).toBeNull();
});
