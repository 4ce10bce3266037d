import { expect, test } from 'vitest';
import { bulkLines, sourceKey } from '../../../core/engines/opensearch/document.ts';
import { timestamp } from '../../../core/logs/stored-line.ts';
import type { LogFrame, LogLine } from '../../../core/ports/frames.ts';

const CREATED = Date.UTC(2026, 2, 1, 12, 34, 56, 789);
const ID = { host: 'web-1', boot: '00000001aabbccddeeff0011', class: 'log', sequence: 7 } as const;

function frameOf(lines: readonly Partial<LogLine>[], more: Partial<LogFrame> = {}): LogFrame {
  const line = { time: CREATED, message: 'm', level: 'info', service: 'shop', fields: {} };
  return {
    id: ID,
    relay: 'r',
    created: CREATED,
    received: CREATED + 5.5,
    skew: 0,
    lane: 'live',
    instance: 'web "1"',
    site: 'north',
    lines: lines.map((one) => ({ ...line, ...one })),
    ...more,
  };
}

function read(frame: LogFrame) {
  const lines = bulkLines(frame, 3, 'logs-2026.03.01', [...frame.lines.keys()]);
  return lines.map(({ text, frame: number, at }) => {
    const [action, document, rest] = text.split('\n');
    return { action: JSON.parse(action!), document: JSON.parse(document!), rest, number, at };
  });
}

test('a line is a create and its document, each on a line of its own', () => {
  const [one] = read(frameOf([{ message: 'said "no"\n', fields: { 'trace.id': 'a"b' } }]));
  expect(one).toMatchObject({ rest: '', number: 3, at: 0, action: { create: { _index: 'logs-2026.03.01' } } });
  expect(one!.document).toEqual({
    '@timestamp': '2026-03-01T12:34:56.789Z',
    message: 'said "no"\n',
    log: { level: 'info' },
    service: { name: 'shop' },
    host: { name: 'web "1"' },
    site: 'north',
    event: { ingested: CREATED + 5 },
    fields: { 'trace.id': 'a"b' },
    order: `${sourceKey(ID)}-------6----`,
    heliograph: { boot: ID.boot, class: 'log', sequence: 7, place: 0 },
  });
});

test('level, service and fields are those of each line, whatever the line before had', () => {
  const shared: Record<string, string> = { 'log.file.path': '/var/log/a' };
  const lines: Partial<LogLine>[] = [
    { level: 'info', service: 'a', fields: shared },
    { level: 'info', service: 'b', fields: shared },
    { level: 'error', service: 'b', fields: { other: '1' } },
    { level: 'error', service: 'b', fields: {} },
    { level: 'info', service: 'a', fields: shared },
  ];
  const got = read(frameOf(lines)).map(({ document }) => ({
    level: document.log.level,
    service: document.service.name,
    fields: document.fields ?? {},
  }));
  expect(got).toEqual(lines);
});

test('what cannot be indexed is kept beside it, as pairs', () => {
  const long = 'v'.repeat(10_001);
  const [one] = read(frameOf([{ fields: { plain: 'p', 'a b': 'q', long, __proto__x: 'z' } }]));
  expect(one!.document.fields).toEqual({ plain: 'p', __proto__x: 'z' });
  expect(one!.document.heliograph.fields).toEqual([
    ['a b', 'q'],
    ['long', long],
  ]);
});

test('ids sort as frame, sequence and place do, and are 32 characters', () => {
  const id = (frame: LogFrame, at: number) => read(frame)[at]!.action.create._id as string;
  const places = { places: [63, 64, 4095, 4096] };
  const early = frameOf([{}, {}, {}, {}], places);
  const ids = [0, 1, 2, 3].map((at) => id(early, at));
  ids.push(id(frameOf([{}], { id: { ...ID, sequence: 8 } }), 0), id(frameOf([{}], { created: CREATED + 1 }), 0));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids.map((one) => one.length))).toEqual(new Set([32]));
});

test('times are written as Date writes them, with us where there are any', () => {
  const times = [0, 1, 999, 1_000, 59_999.5, CREATED, CREATED + 0.001, CREATED - 1_000, -1, -1_500, 4e12];
  for (const time of times.flatMap((one) => [one, one + 0.25])) {
    const text = timestamp(time);
    expect(text.slice(0, 23)).toBe(new Date(Math.floor(time)).toISOString().slice(0, 23));
    expect(Number(text.slice(23, -1).padEnd(3, '0'))).toBe(((Math.round(time * 1_000) % 1_000) + 1_000) % 1_000);
  }
  expect(() => timestamp(Number.NaN)).toThrow(RangeError);
});
