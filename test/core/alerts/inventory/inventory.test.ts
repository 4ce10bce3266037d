import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AlertBook } from '../../../../core/alerts/alert-book.ts';
import { AlertStore } from '../../../../core/alerts/alert-store.ts';
import { hostsConfig } from '../../../../core/alerts/inventory/config.ts';
import { Inventory } from '../../../../core/alerts/inventory/inventory.ts';
import { InventoryStore } from '../../../../core/alerts/inventory/inventory-store.ts';
import { Health } from '../../../../core/api/health.ts';
import { openOwnDatabase } from '../../../../core/disk/own-database.ts';
import { Fleet, type RelayLink } from '../../../../core/fleet/fleet.ts';
import { Silences } from '../../../../core/fleet/silences.ts';
import { openMemory } from '../../../../core/state.ts';
import { createAuthority } from '../../../../lib/certificates/authority.ts';
import { revoke } from '../../../../lib/certificates/revocation.ts';
import { silentLog } from '../../../../lib/log.ts';
import { Registry } from '../../../../lib/metrics.ts';

let folder: string;
let now: number;
let fleet: Fleet;
let book: AlertBook;
let inventory: Inventory;
let stop: () => void;
let connection = 0;

const link = (relay: string): RelayLink => ({
  ...{ relay, key: relay, workers: 1, site: 'north', since: now, software: '' },
  ...{ sendDesired: () => undefined, need: () => undefined },
});
let a: RelayLink;
let b: RelayLink;

/** A core's part of it, as after a start. */
function start(config: object = {}): void {
  const memory = openMemory(folder);
  const path = join(folder, 'alerts.db');
  const database = openOwnDatabase(path);
  fleet = new Fleet({
    ...{ memory, now: () => now, desired: () => undefined, silences: new Silences(memory) },
    ...{ onTooMany: () => undefined, onBadStatus: () => undefined, decodeStatus: () => null as never },
  });
  book = new AlertBook(new AlertStore(database, path), 20_000);
  inventory = new Inventory({
    ...{ config: hostsConfig.parse(config), store: new InventoryStore(database, path), book, fleet },
    ...{
      clock: { now: () => now, mono: () => now },
      log: silentLog,
      health: new Health(() => now),
      registry: new Registry(),
    },
  });
  stop = () => {
    inventory.close();
    fleet.save();
    memory.close();
    database.close();
  };
}

/** A core that is up with both its relays, and has been for long. */
function running(config: object = {}): void {
  start(config);
  fleet.relayCame(a);
  fleet.relayCame(b);
  inventory.look();
  later(600_000);
}

/** Looks as often as the product does. */
function later(ms: number): void {
  for (const end = now + ms; now < end; ) {
    now = Math.min(end, now + 500);
    inventory.look();
  }
}

function say(relay: RelayLink, hosts: Iterable<string>, connected: boolean, reason = '', whole = false): void {
  const state = { connected, reason, status: new Uint8Array(0), clockSkewMs: 0 };
  const list = [...hosts].map((host) => ({ host, ...state, since: now, connection: ++connection }));
  fleet.report(relay, { whole, hosts: list });
}

const named = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
const firing = (name = '') =>
  [...book.all()]
    .filter(({ state, labels }) => state === 'firing' && labels.alertname!.startsWith(name))
    .map(({ labels }) => [labels.alertname, labels.instance ?? labels.relay].join(' '))
    .sort();
const texts = (name: string) => [...book.all()].find(({ labels }) => labels.alertname === name)!.annotations;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-inventory-'));
  now = Date.parse('2026-11-30T12:00:00Z');
  a = link('a');
  b = link('b');
});
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a host whose connection breaks is an alert within seconds, with what is known, and ends when it is back', () => {
  running();
  say(a, ['web-1', 'web-2'], true);
  later(5000);
  const broke = now;
  say(a, ['web-1'], false, 'closed');
  later(2500);
  const [alert] = [...book.all()];
  expect(alert).toMatchObject({
    source: 'inventory',
    state: 'firing',
    labels: {
      alertname: 'HostSilent',
      host: 'web-1',
      instance: 'web-1',
      site: 'north',
      relay: 'a',
      severity: 'critical',
    },
    eventAt: broke,
  });
  expect(alert!.annotations).toMatchObject({
    since: new Date(broke).toISOString(),
    why: 'its connection broke (last will)',
  });
  expect(inventory.view()).toMatchObject({
    expected: 2,
    silent: { count: 1, hosts: [{ host: 'web-1', state: 'alert' }] },
  });
  say(a, ['web-1'], true);
  later(500);
  expect(firing()).toEqual([]);
});

test('one that hangs says so, and one that moved or was sent elsewhere is not silent', () => {
  running();
  say(a, ['hangs', 'moves', 'drained', 'flaps'], true);
  later(1000);
  say(a, ['hangs'], false, 'keep-alive');
  say(a, ['moves'], false, 'moved');
  say(a, ['drained'], false, 'drained');
  say(a, ['flaps'], false, 'closed');
  later(1000);
  say(b, ['moves'], true);
  say(a, ['flaps'], true);
  later(8000);
  say(b, ['drained'], true);
  later(60_000);
  expect(firing()).toEqual(['HostSilent hangs']);
  expect(texts('HostSilent').why).toMatch('keep-alive ran out');
});

test('one that moved and never arrived is silent', () => {
  running();
  say(a, ['lost'], true);
  later(1000);
  say(a, ['lost'], false, 'moved');
  later(9000);
  expect(firing()).toEqual([]);
  later(20_000);
  expect(firing()).toEqual(['HostSilent lost']);
});

test('many that go together behind one relay are one alert that says so; a few elsewhere are their own', () => {
  running();
  const hosts = named('rack', 200);
  say(a, hosts, true);
  say(b, named('other', 30), true);
  later(5000);
  say(a, hosts.slice(0, 7), false, 'closed');
  later(1500);
  say(a, hosts.slice(7, 180), false, 'closed');
  say(b, ['other-3'], false, 'closed');
  later(3000);
  say(a, hosts.slice(180), false, 'keep-alive');
  later(5000);
  expect(firing()).toEqual(['HostSilent other-3', 'RelayHostsSilent a']);
  const group = [...book.all()].find(({ labels }) => labels.alertname === 'RelayHostsSilent')!;
  expect(group).toMatchObject({ value: '200', labels: { relay: 'a', site: 'north', severity: 'critical' } });
  expect(group.annotations.summary).toBe(
    '200 hosts behind a in north are silent together: rack-0, rack-1, rack-10, rack-100, rack-101 and 195 more',
  );
  expect(group.annotations.description).toMatch('200 of the 200 hosts');
  // It stands until the last is back, and the last ones do not become alerts of their own.
  say(a, hosts.slice(0, 197), true);
  later(1000);
  expect(firing('Relay')).toEqual(['RelayHostsSilent a']);
  expect(texts('RelayHostsSilent').hosts).toBe('rack-197, rack-198, rack-199');
  say(a, hosts.slice(197), true);
  later(1000);
  expect(firing()).toEqual(['HostSilent other-3']);
});

test('the first that fell to a network that hangs keep their alerts, the others join in one', () => {
  running();
  const hosts = named('slow', 60);
  say(a, hosts, true);
  later(1000);
  for (const host of hosts) {
    say(a, [host], false, 'keep-alive');
    later(500);
  }
  later(5000);
  const singles = firing('HostSilent');
  expect(singles.length).toBeLessThan(20);
  expect(firing('RelayHostsSilent')).toEqual(['RelayHostsSilent a']);
  expect(texts('RelayHostsSilent').summary).toMatch(`${60 - singles.length} hosts behind a`);
  expect([...book.all()].filter(({ state }) => state === 'resolved')).toEqual([]);
});

test('a restarted relay is no alert; one that stays away is one, and not its hosts', () => {
  running();
  const hosts = named('h', 1000);
  say(a, hosts, true);
  later(5000);
  fleet.relayWent(a);
  later(15_000);
  fleet.relayCame(a);
  say(a, hosts.slice(0, 100), true, '', true);
  // They come back bit by bit, for longer than the grace.
  for (let at = 100; at < 1000; at += 60) {
    later(10_000);
    say(a, hosts.slice(at, at + 60), true);
  }
  later(120_000);
  expect([...book.all()]).toEqual([]);
  const went = now;
  fleet.relayWent(a);
  later(19_000);
  expect(firing()).toEqual([]);
  later(2000);
  expect([...book.all()]).toMatchObject([
    { labels: { alertname: 'RelaySilent', relay: 'a', site: 'north' }, value: '1000', eventAt: went + 500 },
  ]);
  later(600_000);
  expect(firing()).toEqual(['RelaySilent a']);
  fleet.relayCame(a);
  say(a, hosts.slice(0, 998), true, '', true);
  later(100_000);
  expect(firing()).toEqual([]);
  later(60_000);
  expect(firing()).toEqual(['HostSilent h-998', 'HostSilent h-999']);
  expect(texts('HostSilent')!.why).toMatch('has not come back');
});

test('a host whose relay is away keeps its alert: nobody can say that it is over', () => {
  running();
  say(a, ['dead', 'well'], true);
  later(500);
  say(a, ['dead'], false, 'closed');
  later(3000);
  fleet.relayWent(a);
  later(5000);
  expect(firing('Host')).toEqual(['HostSilent dead']);
});

test('what is out of service or in maintenance is not missed', async () => {
  const ca = join(folder, 'ca');
  const authority = await createAuthority(ca, now);
  for (const name of ['issued', 'stolen', 'renewed']) await authority.issue({ name, role: 'collector', days: 2 });
  await authority.issue({ name: 'relay-1', role: 'relay', days: 2 });
  revoke(ca, 'renewed', now);
  await authority.issue({ name: 'renewed', role: 'collector', days: 2 });
  running({
    authority: ca,
    expect: ['listed'],
    decommissioned: ['old-*'],
    maintenance: [
      { hosts: ['night-*'], start: '23:00', end: '01:00', days: ['mon'] },
      { relays: ['b'], from: '2026-11-30T12:00:00Z', to: '2026-11-30T13:00:00Z' },
    ],
  });
  later(5 * 60_000);
  // Of those nothing was ever heard.
  expect(firing()).toEqual([]);
  later(60_000);
  expect(firing()).toEqual(['HostSilent issued', 'HostSilent listed', 'HostSilent renewed', 'HostSilent stolen']);
  revoke(ca, 'stolen', now);
  inventory.decommission('listed', 'alice', 'sold');
  later(6000);
  expect(firing()).toEqual(['HostSilent issued', 'HostSilent renewed']);
  expect(inventory.recommission('listed', 'alice')).toBe(true);
  expect(inventory.recommission('listed', 'alice')).toBe(false);
  later(3000);
  expect(firing()).toContain('HostSilent listed');

  say(a, ['issued', 'listed', 'renewed', 'old-1', 'night-1', 'barred'], true);
  say(b, ['site-1'], true);
  later(1000);
  expect(firing()).toEqual([]);
  say(a, ['old-1', 'night-1'], false, 'closed');
  say(a, ['barred'], false, 'revoked');
  say(b, ['site-1'], false, 'closed');
  fleet.relayWent(b);
  later(30_000);
  expect(firing()).toEqual(['HostSilent night-1']);
  now = Date.parse('2026-11-30T13:00:01Z');
  later(3000);
  expect(firing()).toEqual(['HostSilent night-1', 'HostSilent site-1', 'RelaySilent b']);
  inventory.decommission('b', 'alice', 'the site was closed');
  now = Date.parse('2026-12-01T00:30:00Z');
  later(3000);
  expect(firing()).toEqual(['HostSilent site-1']);
  now = Date.parse('2026-12-01T01:00:00Z');
  later(3000);
  expect(firing()).toEqual(['HostSilent night-1', 'HostSilent site-1']);
  inventory.decommission('site-1', 'alice', 'with its site');
  later(500);
  expect(firing()).toEqual(['HostSilent night-1']);
});

test('a name that nobody knows is taken out of service only by force, and not without end', () => {
  running({ expect: ['listed'] });
  say(a, ['seen'], true);
  later(6000);
  const message = expect.stringContaining('sene was never seen');
  const unknown = expect.objectContaining({ code: 'HG_ALERT_HOST_UNKNOWN', message });
  expect(() => inventory.decommission('sene', 'alice', '')).toThrow(unknown);
  for (const name of ['seen', 'listed', 'b']) inventory.decommission(name, 'alice', '');
  inventory.decommission('later', 'alice', '', true);
  inventory.decommission('later', 'bob', 'again');
  expect(
    inventory
      .view()
      .decommissioned.map(({ name, by }) => `${name} ${by}`)
      .sort(),
  ).toEqual(['b alice', 'later bob', 'listed alice', 'seen alice']);
  stop();
  const path = join(folder, 'alerts.db');
  const database = openOwnDatabase(path);
  new InventoryStore(database, path);
  database.exec(`WITH RECURSIVE n(i) AS (SELECT 5 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO inventory_decommissioned SELECT 'x-' || i, 0, 'alice', '' FROM n`);
  database.close();
  start();
  const tooMany = expect.objectContaining({ code: 'HG_ALERT_HOSTS_OUT' });
  expect(() => inventory.decommission('one-more', 'alice', '', true)).toThrow(tooMany);
  inventory.decommission('seen', 'alice', 'there already');
});

test('a kill forgets no alert, no group and no decommissioning, and a start finds no one dead who was not', () => {
  running();
  const hosts = named('g', 40);
  say(a, ['dead', 'well', 'gone', ...hosts], true);
  later(1000);
  say(a, ['dead', ...hosts], false, 'closed');
  later(3000);
  const keys = [...book.all()].map(({ fingerprint, activeAt }) => `${fingerprint}-${activeAt}`).sort();
  inventory.decommission('gone', 'alice', '');
  expect(firing()).toEqual(['RelayHostsSilent a']);
  stop();

  now += 5000;
  start();
  later(30_000);
  expect(firing()).toEqual(['RelayHostsSilent a']);
  fleet.relayCame(a);
  // Whoever went while the core was down is missed when there was time to come back.
  say(a, ['well'], true, '', true);
  later(30_000);
  expect(firing('Host')).toEqual([]);
  say(a, hosts, true);
  later(1000);
  expect(firing()).toEqual(['RelayHostsSilent a']);
  expect(texts('RelayHostsSilent').hosts).toBe('dead');
  expect([...book.all()].map(({ fingerprint, activeAt }) => `${fingerprint}-${activeAt}`).sort()).toEqual(keys);
  // A relay that was here before the start and does not come is missed as well.
  fleet.relayWent(a);
  stop();
  now += 1000;
  start();
  later(119_000);
  expect(firing('RelaySilent')).toEqual([]);
  later(2000);
  expect(firing('RelaySilent')).toEqual(['RelaySilent a', 'RelaySilent b']);
});

test('a list in a file is read again; where it cannot be read the one before stays', () => {
  const file = join(folder, 'hosts.txt');
  writeFileSync(file, '# ours\none\n');
  running({ expectFile: file, arrival: '1s' });
  expect(firing()).toEqual(['HostSilent one']);
  appendFileSync(file, 'two # in the cellar\n');
  later(10_000);
  expect(firing()).toEqual(['HostSilent one', 'HostSilent two']);
  rmSync(file);
  mkdirSync(file);
  later(10_000);
  expect(firing()).toEqual(['HostSilent one', 'HostSilent two']);
});

test('alerts of single hosts are bounded, and one says how many more there are', () => {
  running({ most: 3, together: { hosts: 1000 } });
  const hosts = named('x', 8);
  say(a, hosts, true);
  later(1000);
  say(a, hosts, false, 'closed');
  later(3000);
  expect(firing('HostSilent')).toHaveLength(3);
  expect(texts('ManyHostsSilent').summary).toMatch('5 more hosts are silent');
  say(a, hosts, true);
  later(1000);
  expect(firing()).toEqual([]);
});

test('hosts that only push are missed where that is asked for', () => {
  running({ seen: 'all' });
  fleet.pushed(new Set(['gear']), now);
  later(299_000);
  expect(firing()).toEqual([]);
  later(5000);
  expect(firing()).toEqual(['HostSilent gear']);
  expect(texts('HostSilent').why).toMatch('nothing came for 5 minutes');
});
