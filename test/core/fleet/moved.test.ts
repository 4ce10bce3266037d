import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Fleet, type RelayLink } from '../../../core/fleet/fleet.ts';
import { Silences } from '../../../core/fleet/silences.ts';
import { openMemory } from '../../../core/state.ts';

const link = (relay: string): RelayLink => ({
  ...{ relay, key: relay, workers: 1, site: 's', since: 0, software: '' },
  ...{ sendDesired: () => undefined, need: () => undefined },
});
const A = link('a');
const B = link('b');

let folder: string;
let memory: ReturnType<typeof openMemory>;
let now: number;
let silences: Silences;
let fleet: Fleet;

function open(): void {
  silences = new Silences(memory);
  const others = { onTooMany: () => undefined, onBadStatus: () => undefined, decodeStatus: () => null as never };
  fleet = new Fleet({ memory, now: () => now, desired: () => undefined, silences, ...others });
  fleet.relayCame(A);
  fleet.relayCame(B);
}
const say = (relay: RelayLink, connected: boolean, reason = '') => {
  const state = { connected, since: now, reason, status: new Uint8Array(0), clockSkewMs: 0, connection: 1 };
  fleet.report(relay, { whole: false, hosts: [{ host: 'h', ...state }] });
};
const silent = () => silences.find('h', [], 0, 1e12, 10);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-moved-'));
  memory = openMemory(folder);
  now = 1_000_000;
  open();
  say(A, true);
});
afterEach(() => {
  memory.close();
  rmSync(folder, { recursive: true });
});

test('a host that moved is not gone and was not silent, whichever relay speaks first', () => {
  now += 1000;
  say(A, false, 'moved');
  expect(fleet.host('h')).toMatchObject({ state: 'connected' });
  expect(fleet.states()).toEqual({ connected: 1, gone: 0, unknown: 0 });
  now += 400;
  say(B, true);
  expect(fleet.host('h')).toMatchObject({ state: 'connected', relay: 'b' });
  now += 60_000;
  fleet.save();
  expect(silent()).toEqual([]);
  // And home again, the other way round.
  say(A, true);
  say(B, false, 'moved');
  now += 60_000;
  fleet.save();
  expect(fleet.host('h')).toMatchObject({ state: 'connected', relay: 'a' });
  expect(silent()).toEqual([]);
});

test('one that moved and did not arrive is silent from when it left, also over a restart of the core', () => {
  now += 1000;
  const left = now;
  say(A, false, 'moved');
  now += 9_000;
  fleet.save();
  expect(silent()).toEqual([]);
  open();
  now += 11_000;
  expect(fleet.host('h')).toMatchObject({ state: 'gone', reason: 'moved' });
  fleet.save();
  expect(silent()).toMatchObject([{ name: 'h', from: left, to: null }]);
  say(B, true);
  expect(silent()).toMatchObject([{ from: left, to: now }]);
});

test('one that went otherwise is silent at once; having moved before says nothing', () => {
  say(A, false, 'moved');
  now += 1000;
  say(B, true);
  now += 1000;
  say(B, false, 'keep-alive');
  expect(fleet.host('h')).toMatchObject({ state: 'gone', reason: 'keep-alive' });
  expect(silent()).toMatchObject([{ from: now, to: null, reason: 'keep-alive' }]);
});
