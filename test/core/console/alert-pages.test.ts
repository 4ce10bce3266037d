import { describe, expect, test } from 'vitest';
import { fits, graver, placeOf } from '../../../core/console/page/later/alert-filter.ts';
import type { ShownAlert } from '../../../core/console/page/later/alert-shapes.ts';
import { matcherWords, meets, readMatcher, readMatchers } from '../../../core/console/page/later/silence-matchers.ts';

const alert = (more: Partial<ShownAlert> = {}): ShownAlert => ({
  key: 'a-1',
  labels: { alertname: 'DiskFull', severity: 'warning', instance: 'web-1' },
  annotations: { summary: 'The disk of web-1 is full' },
  state: 'firing',
  activeAt: '2026-11-30T10:00:00.000Z',
  value: '1',
  source: 'rule',
  firedAt: '2026-11-30T10:01:00.000Z',
  resolvedAt: null,
  acknowledged: null,
  silencedBy: [],
  inhibitedBy: [],
  notifiedAt: null,
  ...more,
});
const acknowledged = { by: 'alice', at: '2026-11-30T10:02:00.000Z', note: '' };

describe('alerts', () => {
  test('each stands in one place: over, held back, in hand, firing, pending', () => {
    expect(placeOf(alert())).toBe('firing');
    expect(placeOf(alert({ state: 'pending' }))).toBe('pending');
    expect(placeOf(alert({ acknowledged }))).toBe('acknowledged');
    expect(placeOf(alert({ acknowledged, silencedBy: ['s'] }))).toBe('silenced');
    expect(placeOf(alert({ inhibitedBy: ['f'] }))).toBe('silenced');
    expect(placeOf(alert({ state: 'resolved', silencedBy: ['s'] }))).toBe('ended');
  });

  test('words are looked for in labels and in what is said, severity and source as they are', () => {
    const none = { text: '', severity: '', source: '' };
    const finds = (text: string) => fits(alert(), { ...none, text });
    expect(fits(alert(), none)).toBe(true);
    expect(finds('INSTANCE=web full')).toBe(true);
    expect(finds('instance=db')).toBe(false);
    expect(finds('full nothing')).toBe(false);
    expect(fits(alert(), { ...none, severity: 'critical' })).toBe(false);
    expect(fits(alert(), { text: 'disk', severity: 'warning', source: 'rule' })).toBe(true);
    expect(fits(alert(), { ...none, source: 'log' })).toBe(false);
  });

  test('the gravest stands first, of equal ones the newest', () => {
    const labels = (severity: string) => ({ labels: { alertname: severity, severity } });
    const order = [
      alert({ ...labels('pending'), state: 'pending' }),
      alert(labels('info')),
      alert({ labels: { alertname: 'none' } }),
      alert({ labels: { alertname: 'old', severity: 'critical' }, activeAt: '2026-11-30T09:00:00.000Z' }),
      alert(labels('critical')),
    ].sort(graver);
    expect(order.map(({ labels: { alertname } }) => alertname)).toEqual(['critical', 'old', 'info', 'none', 'pending']);
  });
});

describe('matchers of silences', () => {
  test.each([
    ['a=b', { name: 'a', value: 'b', isRegex: false, isEqual: true }],
    [' a != b c ', { name: 'a', value: 'b c', isRegex: false, isEqual: false }],
    ['a=~"web-.*"', { name: 'a', value: 'web-.*', isRegex: true, isEqual: true }],
    ['a!~x|y', { name: 'a', value: 'x|y', isRegex: true, isEqual: false }],
    ['a=', { name: 'a', value: '', isRegex: false, isEqual: true }],
    ['a="say \\"it\\""', { name: 'a', value: 'say "it"', isRegex: false, isEqual: true }],
    ['service.name=a=b', { name: 'service.name', value: 'a=b', isRegex: false, isEqual: true }],
  ])('%s', (text, matcher) => {
    expect(readMatcher(text)).toEqual(matcher);
    expect(readMatcher(matcherWords(matcher))).toEqual(matcher);
  });

  test.each(['web-1', '=x', '1a=b', 'a=~('])('%s is told what is wrong with it', (text) => {
    expect(() => readMatcher(text)).toThrow(text.replace('a=~', ''));
  });

  test('all must be met, an expression by the whole value, and a label that is not there is empty', () => {
    const labels = { alertname: 'DiskFull', instance: 'web-1' };
    const held = (text: string) => meets(labels, readMatchers(text));
    expect(held('alertname=DiskFull\ninstance=~web-.*')).toBe(true);
    expect(held('instance=~web')).toBe(false);
    expect(held('instance=~web-1|db\n\n')).toBe(true);
    expect(held('site=')).toBe(true);
    expect(held('site!=')).toBe(false);
    expect(held('instance!~db.*\nalertname=Other')).toBe(false);
    expect(() => readMatchers(' \n')).toThrow('at least one label');
  });
});
