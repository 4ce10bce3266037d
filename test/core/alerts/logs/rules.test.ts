import { expect, test } from 'vitest';
import { AbsentRule } from '../../../../core/alerts/logs/absent-rule.ts';
import { CountRule } from '../../../../core/alerts/logs/count-rule.ts';
import { LineClock } from '../../../../core/alerts/logs/line-clock.ts';
import { LineKinds, wordsOf } from '../../../../core/alerts/logs/line-kinds.ts';
import { RunningRule } from '../../../../core/alerts/logs/running-rule.ts';
import { tryRule } from '../../../../core/alerts/logs/try-rule.ts';
import { UnseenRule } from '../../../../core/alerts/logs/unseen-rule.ts';
import type { LogPage, StoredLine } from '../../../../core/ports/log-store.ts';

const MINUTE = 60_000;
const line = (message: string, more: Partial<StoredLine> = {}): StoredLine => ({
  ...{ id: message, '@timestamp': '', message, 'log.level': 'error', 'service.name': 'shop', 'host.name': 'web-1' },
  ...{ site: 'north', fields: {}, ...more },
});

test('lines are counted by their own time, by group, and what is too old counts for nothing', () => {
  const rule = new CountRule({ above: 3, within: 5 * MINUTE }, ['service', 'http.status'], 10);
  const now = 1_000_000_000;
  const bad = line('x', { fields: { 'http.status': '500' } });
  for (const ago of [0, 1, 2]) rule.take(bad, now - ago * MINUTE, now);
  rule.take(line('y'), now, now);
  expect(rule.found(now)).toEqual([]);
  // Late lines, of which one belongs to the window.
  rule.take(bad, now - 6 * MINUTE, now);
  rule.take(bad, now - 4 * MINUTE, now);
  expect(rule.found(now)).toEqual([
    { labels: { service: 'shop', http_status: '500' }, value: 4, eventAt: now, more: { example: 'x' } },
  ]);
  expect(rule.found(now + 2 * MINUTE)).toEqual([]);
  expect(rule.counts(now + 2 * MINUTE).map(({ lines }) => lines)).toEqual([3, 1]);
  expect(rule.found(now + 60 * MINUTE)).toEqual([]);
  expect(rule.counts(now)).toEqual([]);
});

test('a clock that is ahead neither hides lines nor counts for ever', () => {
  const rule = new CountRule({ above: 0, within: MINUTE }, [], 10);
  const now = 1_000_000_000;
  rule.take(line('from the future'), now + 3_600_000, now);
  expect(rule.found(now)).toMatchObject([{ value: 1 }]);
  expect(rule.found(now + MINUTE + 1000)).toEqual([]);
});

test('a clock that is set back by more than the window begins the count anew', () => {
  const rule = new CountRule({ above: 0, within: MINUTE }, [], 10);
  const now = 1_000_000_000;
  rule.take(line('before'), now, now);
  const back = now - 60 * MINUTE;
  rule.take(line('after'), back, back);
  expect(rule.found(back)).toMatchObject([{ value: 1, more: { example: 'after' } }]);
  expect(rule.found(back + 2 * MINUTE)).toEqual([]);
});

test('a clock that steps makes nothing absent, and nothing that is absent present', async () => {
  const definition = {
    ...{ id: 'r', alert: 'A', query: '', hosts: [], services: [], levels: [], fields: {}, labels: {}, annotations: {} },
    ...{ for: 0, keep_firing_for: 0, by: [], absent: { within: 5 * MINUTE, expect: [] } },
  };
  const nothing = { search: async () => ({ lines: [], next: null }) as unknown as LogPage };
  for (const step of [60 * MINUTE, -60 * MINUTE]) {
    // Whether the hosts go by the time before or by the new one.
    for (const hosts of [0, step]) {
      let [wall, mono] = [1_000_000_000, 0];
      let ahead = hosts;
      const clock = new LineClock({ now: () => wall, mono: () => mono });
      const running = new RunningRule(definition, { groups: 10, kinds: 10, catchUpLines: 10 }, null, wall);
      const absentAfter = (ms: number) => {
        wall += ms;
        mono += ms;
        return [step, hosts, running.found(clock.now()).length];
      };
      const says = () => running.stored(line('x', { '@timestamp': new Date(wall + ahead).toISOString() }), clock.now());
      await running.catchUp(
        nothing,
        () => clock.now(),
        () => false,
      );
      says();
      expect(absentAfter(MINUTE)).toEqual([step, hosts, 0]);
      wall += step;
      ahead -= step;
      for (let i = 0; i < 10; i++) {
        expect(absentAfter(MINUTE)).toEqual([step, hosts, 0]);
        says();
      }
      expect(absentAfter(3 * MINUTE)).toEqual([step, hosts, 0]);
      expect(absentAfter(3 * MINUTE)).toEqual([step, hosts, 1]);
    }
  }
});

test('groups are bounded: those that have nothing any more give way, others are not followed and counted', () => {
  const rule = new CountRule({ above: 0, within: MINUTE }, ['host'], 2);
  const from = (host: string) => line('x', { 'host.name': host });
  for (const host of ['a', 'b', 'c', 'd']) rule.take(from(host), 0, 0);
  expect([rule.found(0).length, rule.over]).toEqual([2, 2]);
  rule.take(from('e'), 2 * MINUTE, 2 * MINUTE);
  expect(rule.found(2 * MINUTE).map(({ labels }) => labels.host)).toEqual(['e']);
});

test('what is absent is found after its time, for everybody that was there or is expected, also over a restart', () => {
  const HOUR = 60 * MINUTE;
  const parts = { within: 25 * HOUR, expect: ['db-2'] };
  const start = 1_000_000_000;
  const rule = new AbsentRule(parts, ['host'], 10, null, start);
  rule.take(line('backup done', { 'host.name': 'db-1' }), start + HOUR, start + HOUR);
  expect(rule.found(start + 24 * HOUR)).toEqual([]);
  expect(rule.found(start + 25 * HOUR).map(({ labels }) => labels)).toEqual([{ host: 'db-2' }]);
  const again = new AbsentRule(parts, ['host'], 10, rule.state(), start + 26 * HOUR);
  expect(again.found(start + 26 * HOUR)).toEqual([
    {
      ...{ labels: { host: 'db-2' }, value: 26 * 3600, eventAt: start + 25 * HOUR },
      more: { last: new Date(start).toISOString() },
    },
    {
      ...{ labels: { host: 'db-1' }, value: 25 * 3600, eventAt: start + 26 * HOUR },
      more: { last: new Date(start + HOUR).toISOString() },
    },
  ]);
  again.take(line('backup done', { 'host.name': 'db-1' }), start + 26 * HOUR, start + 26 * HOUR);
  expect(again.found(start + 27 * HOUR).map(({ labels }) => labels.host)).toEqual(['db-2']);
  // Nobody waits for ever for a host that nobody named.
  expect(again.found(start + 32 * 25 * HOUR).map(({ labels }) => labels.host)).toEqual(['db-2']);
});

test('lines are of one kind when they differ in numbers, ids, addresses, paths and what stands in quotes', () => {
  const same = (a: string, b: string) => expect(wordsOf(a).join(' ')).toBe(wordsOf(b).join(' '));
  same('took 12.5 ms for 10.0.0.7:8080', 'took 3 ms for 192.168.1.1:9');
  same('order 7f3a9c1d00 not found', 'order 00aa11bb22cc not found');
  same('cannot open /var/lib/a.db: "no space"', 'cannot open /tmp/x/y: "denied"');
  same(
    'job 4fd0c1b2-8c1e-4a53-9d3f-0123456789ab failed\n  at one',
    'job 00000000-8c1e-4a53-9d3f-0123456789ab failed\n  at two',
  );
  expect(wordsOf('deadbeef is no number')[0]).toBe('deadbeef');
  const kinds = new LineKinds(() => true);
  const change = (message: string) => kinds.find(message, (words) => words.join('-'))?.change;
  expect(change('user alice logged in from 10.0.0.1')).toBe('new');
  expect(change('user bob logged in from 10.0.0.2')).toBe('changed');
  expect(change('user carol logged in from 10.0.0.3')).toBe('none');
  expect(change('user store is full now you')).toBe('new');
  expect(change('disk 1 is full')).toBe('new');
  expect(kinds.size).toBe(3);
  expect(kinds.all()[0]!.words.join(' ')).toBe('user <*> logged in from <address>');
});

test('a kind that its service never had is found once it has been learnt, and for a time; a restart knows it', () => {
  const DAY = 24 * 60 * MINUTE;
  const parts = { learn: DAY, show: 60 * MINUTE };
  const rule = new UnseenRule(parts, 4, null, 0);
  rule.take(line('payment of order 1 failed'), 0, 0);
  rule.take(line('cannot reach bank'), DAY - 1, DAY - 1);
  expect(rule.found(DAY)).toEqual([]);
  rule.take(line('payment of order 2 failed'), DAY, DAY);
  rule.take(line('disk is broken'), DAY, DAY);
  rule.take(line('disk is broken'), DAY + 1, DAY + 1);
  // Another service is new, and learns.
  rule.take(line('disk is broken', { 'service.name': 'mail' }), DAY, DAY);
  expect(rule.found(DAY + 1)).toMatchObject([
    {
      labels: { service: 'shop' },
      value: 2,
      eventAt: DAY,
      more: { kind: 'disk is broken', example: 'disk is broken' },
    },
  ]);
  // There is room for four kinds.
  rule.take(line('something else entirely went wrong'), DAY, DAY);
  expect([rule.found(DAY + 1).length, rule.over]).toEqual([1, 1]);
  const again = new UnseenRule(parts, 4, rule.state(), DAY + 2);
  expect(again.found(DAY + 2)).toEqual(rule.found(DAY + 2));
  again.take(line('cannot reach bank'), DAY + 3, DAY + 3);
  expect(again.found(DAY + 3)).toHaveLength(1);
  expect(again.found(DAY + 1 + 60 * MINUTE)).toEqual([]);
});

test('a service that makes a kind of each line takes none from the others, nor all for its alerts', () => {
  const word = (i: number) => String.fromCharCode(97 + (i % 26), 97 + Math.floor(i / 26));
  const rule = new UnseenRule({ learn: 1000, show: 60 * MINUTE }, 40, null, 0);
  const noise = (i: number, now: number) =>
    rule.take(line(`${word(i)} noise${word(i)}`, { 'service.name': 'noisy' }), now, now);
  const mail = (message: string, now: number) => rule.take(line(message, { 'service.name': 'mail' }), now, now);
  mail('cannot reach bank', 0);
  for (let i = 0; i < 100; i++) noise(i, 1);
  expect(rule.over).toBe(61);
  for (let i = 100; i < 200; i++) noise(i, 2000);
  mail('cannot reach bank', 2001);
  mail('disk is broken', 2001);
  const found = rule.found(2001).map(({ labels, more }) => [labels.service, more.kind]);
  expect(found.filter(([service]) => service === 'mail')).toEqual([['mail', 'disk is broken']]);
  expect(found.filter(([service]) => service === 'noisy')).toHaveLength(10);
  expect(rule.kinds().flatMap(({ kinds }) => kinds)).toHaveLength(40);
  // When they are over there is room for others, also after a restart.
  const again = new UnseenRule({ learn: 1000, show: 60 * MINUTE }, 40, rule.state(), 3000);
  const later = 2001 + 60 * MINUTE;
  expect(again.found(later)).toEqual([]);
  again.take(line('quite new', { 'service.name': 'noisy' }), later, later);
  expect(again.found(later)).toHaveLength(1);
});

test('kinds that a line is compared with are bounded', () => {
  const kinds = new LineKinds(() => true);
  const find = (i: number) => kinds.find(`a ${'x'.repeat(i % 20)}y ${'z'.repeat(i / 20)}w`, (words) => words.join('-'));
  for (let i = 0; i < 380; i++) find(i);
  expect(kinds.size).toBeLessThanOrEqual(200);
});

test('a rule is tried on lines of before: when it would have fired, of what, and whether it would now', () => {
  const at = (minute: number, service: string) =>
    line('x', { '@timestamp': new Date(minute * MINUTE).toISOString(), 'service.name': service });
  const rule = {
    ...{ id: 'r', alert: 'A', query: '', hosts: [], services: [], levels: [], fields: {}, labels: {}, annotations: {} },
    ...{ for: 0, keep_firing_for: 0 },
  };
  const lines = [10, 10.1, 10.2, 55, 58].map((minute) => at(minute, 'shop'));
  lines.push(at(59, 'mail'), at(59.1, 'mail'), at(59.2, 'mail'));
  const counted = tryRule({ ...rule, by: ['service'], count: { above: 2, within: 5 * MINUTE } }, lines, 0, 60 * MINUTE);
  expect(
    counted.map(({ labels, from, to, most }) => [
      labels.service,
      Math.round(from / MINUTE),
      to && Math.round(to / MINUTE),
      most,
    ]),
  ).toEqual([
    ['shop', 10, 15, 3],
    ['mail', 59, null, 3],
  ]);
  const absent = tryRule({ ...rule, by: [], absent: { within: 20 * MINUTE, expect: [] } }, lines, 0, 60 * MINUTE);
  expect(absent.map(({ from, to }) => [Math.round(from / MINUTE), to && Math.round(to / MINUTE)])).toEqual([[30, 55]]);
});
