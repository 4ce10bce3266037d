import { describe, expect, test } from 'vitest';
import { emptyTimes, explained } from '../../../core/console/page/charts/holes.ts';
import { type FleetAnswer, fleetRows, orderRows } from '../../../core/console/page/fleet-rows.ts';
import { formatSpan, formatValue } from '../../../core/console/page/format.ts';
import { marked, spoken } from '../../../core/console/page/logs/line.ts';
import { fitting, spotAt } from '../../../core/console/page/promql/completion.ts';
import { wrongPlace } from '../../../core/console/page/promql/wrong-place.ts';
import { aligned, fixedRange, readRange, spanMs, stepOf } from '../../../core/console/page/time-range.ts';

describe('completion', () => {
  const at = (marked: string) => {
    const spot = spotAt(marked.replace('|', ''), marked.indexOf('|'));
    return spot && [spot.kind, spot.prefix, spot.metric, spot.label].join(' ').trim();
  };
  test.each([
    ['no|', 'name no'],
    ['sum(rate(node_cp|', 'name node_cp'],
    ['up{|', 'label  up'],
    ['up{job="x", ins|', 'label ins up'],
    ['up{job="no|', 'value no up job'],
    ['up{job=~"a|b"}', 'value a up job'],
    ['rate(up[5|', 'duration 5'],
    ['sum by (|', 'label'],
    ['sum(rate(up[5m])) by (in|', 'label in up'],
    ['label_replace(up, "a|', null],
    ['1|', null],
    ['up{a="}"} + no|', 'name no'],
    ['up # no|', 'name no'],
  ])('%s', (text, expected) => {
    expect(at(text)).toBe(expected);
  });

  test('what begins with it stands first', () => {
    expect(fitting(['cpu_node', 'node_b', 'node_a', 'node'], 'node')).toEqual(['node_b', 'node_a', 'cpu_node']);
  });
});

test('the place of an error in a query', () => {
  const message = 'invalid parameter "query": 2:3: parse error: unexpected )';
  expect(wrongPlace('sum(\nup)', message)).toEqual({ at: 7, line: 'up)', column: 2, words: 'unexpected )' });
  expect(wrongPlace('up', 'too many samples')).toBeNull();
});

describe('times', () => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  const read = (query: string) => readRange(new URLSearchParams(query), now);
  test('of the address', () => {
    expect(read('range=15m')).toEqual({ start: now - 900_000, end: now, span: '15m' });
    expect(read('from=2026-01-02T03:00:00Z&to=2026-01-02T03:01:00Z')).toMatchObject({ end: now - 185_000, span: null });
    for (const nonsense of [
      'range=0m',
      'range=x',
      'from=b&to=a',
      'from=2026-01-02T03:00:00Z&to=2026-01-02T02:00:00Z',
    ]) {
      expect(read(nonsense)).toMatchObject({ span: '1h' });
    }
  });
  test('steps are round, and starts stand on them', () => {
    expect(stepOf(read('range=1h'), 240)).toBe(15);
    expect(stepOf(read('range=30d'), 240)).toBe(14_400);
    expect(aligned(read('range=1h'), 15).start % 15).toBe(0);
    expect(spanMs('2w')).toBe(14 * 86_400_000);
  });
  test('a range of nothing is one second', () => {
    expect(fixedRange(now, now)).toEqual({ from: '2026-01-02T03:04:05Z', to: '2026-01-02T03:04:06Z', range: null });
  });
});

test('numbers as people read them', () => {
  expect(formatValue(1536, 'bytes')).toBe('1.5 KiB');
  expect(formatValue(1_234_567)).toBe('1.23 M');
  expect(formatValue(12.34, 'percent')).toBe('12.3 %');
  expect(formatValue(0.0042, 'seconds')).toBe('4.2 ms');
  expect(formatValue(null)).toBe('–');
  expect(formatValue(Number.NaN)).toBe('NaN');
  expect(formatSpan(90_061_000)).toBe('1 d 1 h');
  expect(formatSpan(3_605_000)).toBe('1 h');
});

describe('holes', () => {
  const empty = (present: number[]) => emptyTimes([0, 10, 20, 30, 40, 50], (i) => present.includes(i), 0, 50, 12);
  test('are found between, before and behind', () => {
    expect(empty([0, 1, 2, 3, 4, 5])).toEqual([]);
    expect(empty([0, 1, 4, 5])).toEqual([{ from: 10, to: 40 }]);
    expect(empty([2, 3])).toEqual([
      { from: 0, to: 20 },
      { from: 30, to: 50 },
    ]);
    expect(empty([])).toEqual([{ from: 0, to: 50 }]);
  });

  test('are explained by what was declared, then by the host’s silence, then by its relay’s, and else not at all', () => {
    const gap = { host: 'a', class: 'metric', reason: 'cap', frames: 2, items: 20, firstTime: 10, lastTime: 20 };
    const silences = [
      { kind: 'relay' as const, name: 'r', from: 25, to: null, reason: 'relay r and this core were not connected' },
      { kind: 'host' as const, name: 'a', from: 45, to: 60, reason: 'keep-alive' },
    ];
    const found = explained(
      [
        { from: 5, to: 22 },
        { from: 30, to: 40 },
        { from: 50, to: 55 },
        { from: 23, to: 24 },
      ],
      { gaps: [gap, { ...gap, class: 'log' }], silences },
      'metric',
    );
    expect(found.map((hole) => [hole.from, hole.kind, hole.reason])).toEqual([
      [10, 'lost', '20 samples given up: a spool was full, and the oldest went'],
      [23, 'waiting', 'no data, and nobody declared a gap'],
      [30, 'waiting', 'relay r and this core were not connected; what was collected meanwhile comes later'],
      [50, 'waiting', 'host silent: keep-alive'],
    ]);
  });
});

test('messages: marks, and JSON that means its message', () => {
  expect(marked('Card declined (twice)', 'card "(twice"')).toEqual(['', 'Card', ' declined ', '(twice', ')']);
  expect(marked('a', '')).toEqual(['a']);
  expect(spoken('{"level":"info","message":"open","port":1}')).toEqual({ text: 'open', facts: [['port', '1']] });
  for (const text of ['{"a":1}', '{not json}', 'plain', '{"message":5}']) expect(spoken(text).text).toBe(text);
});

test('the fleet: filter by all words, what needs a look first', () => {
  const words = ['connected', 'gone', 'north', 'south', 'r1', '', 'keep-alive'];
  const answer: FleetAnswer = {
    time: 1,
    relays: [],
    words,
    columns: {
      host: ['web-2', 'web-1', 'db-1'],
      state: [0, 0, 1],
      since: [1, 2, null],
      lastSeen: [5, null, 3],
      reason: [5, 5, 6],
      relay: [4, 4, -1],
      site: [2, 3, 2],
      version: [-1, -1, -1],
      profile: [-1, -1, -1],
      series: [1, null, 3],
      backlog: [0, 7, 1],
      clockSkewMs: [-9, 2, 1],
    },
  };
  const names = (q: string, state: string, sort: string) =>
    orderRows(fleetRows(answer), q, state, sort).map((row) => row.host);
  expect(names('', '', 'state')).toEqual(['db-1', 'web-1', 'web-2']);
  expect(names('WEB north', '', 'state')).toEqual(['web-2']);
  expect(names('', 'gone', 'host')).toEqual(['db-1']);
  expect(names('', '', '-backlog')).toEqual(['web-1', 'db-1', 'web-2']);
  expect(names('', '', '-clock')).toEqual(['web-2', 'web-1', 'db-1']);
  expect(names('', '', 'nonsense')).toEqual(['db-1', 'web-1', 'web-2']);
});
