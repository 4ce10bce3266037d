import { expect, test } from 'vitest';
import type { Alert } from '../../../core/alerts/alert.ts';
import type { AlertStanding } from '../../../core/alerts/notify/notifier.ts';
import { type AlertSearch, searchAlerts } from '../../../core/api/alerts/alert-search.ts';

const NOBODY: AlertStanding = { acknowledged: null, silencedBy: [], inhibitedBy: [], notifiedAt: null };
const ACKNOWLEDGED = { key: 'k', by: 'alice', at: 1, note: '' };
const ALL: AlertSearch = {
  ...{ state: 'all', source: 'all', severity: null, text: '', matchers: [], places: new Set(), limit: 0 },
};

function alert(name: string, changes: Partial<Alert> = {}): Alert {
  const { labels = {} } = changes;
  return {
    ...{ maker: name, source: 'rule', fingerprint: name, annotations: { summary: 'The disk of web-1 is full' } },
    ...{ value: '1', state: 'firing', activeAt: 1000, heldAt: 1000, firedAt: 1000, resolvedAt: null, keptSince: null },
    ...{ eventAt: null, ...changes, labels: { alertname: name, ...labels } },
  };
}

function find(alerts: readonly Alert[], search: Partial<AlertSearch>, standings: Record<string, object> = {}) {
  const standingOf = ({ fingerprint }: Alert) => ({ ...NOBODY, ...standings[fingerprint] });
  const found = searchAlerts(alerts, standingOf, { ...ALL, ...search });
  return { ...found, names: found.alerts.map(({ labels }) => labels.alertname) };
}

test('each stands in one place: over, held back, in hand, firing, pending; and is counted there, asked for or not', () => {
  const alerts = [
    alert('over', { state: 'resolved', resolvedAt: 2000 }),
    ...[alert('held back'), alert('both'), alert('in hand'), alert('fires'), alert('pends', { state: 'pending' })],
  ];
  const standings = {
    over: { silencedBy: ['s'] },
    'held back': { inhibitedBy: ['f'] },
    both: { acknowledged: ACKNOWLEDGED, silencedBy: ['s'] },
    'in hand': { acknowledged: ACKNOWLEDGED },
  };
  const all = find(alerts, {}, standings);
  expect(all.alerts.map(({ labels, place }) => [labels.alertname, place])).toEqual([
    ['fires', 'firing'],
    ['pends', 'pending'],
    ['in hand', 'acknowledged'],
    ['held back', 'silenced'],
    ['both', 'silenced'],
    ['over', 'ended'],
  ]);
  const some = find(alerts, { places: new Set(['firing', 'silenced'] as const), limit: 2 }, standings);
  expect(some.names).toEqual(['fires', 'held back']);
  expect(some.total).toBe(3);
  expect(some.places).toEqual({ firing: 1, pending: 1, acknowledged: 1, silenced: 2, ended: 1 });
  expect(find(alerts, { state: 'active' }, standings).total).toBe(5);
});

test('words, matchers, severity and source', () => {
  const alerts = [
    alert('DiskFull', { labels: { severity: 'warning', instance: 'web-1' } }),
    alert('Line', { source: 'log', labels: { severity: 'info' }, annotations: {} }),
  ];
  expect(find(alerts, { text: 'INSTANCE=web full' }).names).toEqual(['DiskFull']);
  expect(find(alerts, { text: 'full nothing' }).names).toEqual([]);
  expect(find(alerts, { matchers: ['instance=~"web.*"', 'severity!="info"'] }).names).toEqual(['DiskFull']);
  expect(find(alerts, { matchers: ['instance=~"web"'] }).names).toEqual([]);
  expect(find(alerts, { matchers: ['instance=""'] }).names).toEqual(['Line']);
  expect(() => find(alerts, { matchers: ['instance='] })).toThrow('HG_QUERY');
  const logs = find(alerts, { source: 'log' });
  expect(logs.names).toEqual(['Line']);
  expect(logs).toMatchObject({ severities: ['info', 'warning'], sources: ['log', 'rule'], total: 1 });
  expect(find(alerts, { severity: 'warning' }).names).toEqual(['DiskFull']);
});

test('the gravest stands first, of equal ones the newest', () => {
  const grave = (name: string, severity: string, activeAt = 1000) => alert(name, { labels: { severity }, activeAt });
  const alerts = [
    ...[alert('pending', { state: 'pending' }), grave('info', 'info'), alert('none'), grave('old', 'critical', 500)],
    grave('new', 'critical'),
  ];
  expect(find(alerts, {}).names).toEqual(['new', 'old', 'info', 'none', 'pending']);
});
