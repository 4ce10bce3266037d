import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Fleet } from '../../../core/fleet/fleet.ts';
import { type Silence, Silences } from '../../../core/fleet/silences.ts';
import { openMemory } from '../../../core/state.ts';
import { TestCore } from '../../support/core/core.ts';
import { until } from '../../support/until.ts';

test('a silence begins once, ends once, and is there after a restart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heliograph-silences-'));
  let memory = openMemory(folder);
  let silences = new Silences(memory);
  silences.begin('host', 'a', 100, 'keep-alive');
  silences.begin('host', 'a', 150, 'again');
  silences.begin('relay', 'r', 120, 'away');
  silences.end('host', 'b', 160);
  silences.save(1);
  silences.save();
  memory.close();
  memory = openMemory(folder);
  silences = new Silences(memory);
  const lasting: Silence = { kind: 'host', name: 'a', from: 100, to: null, reason: 'keep-alive' };
  expect(silences.find('a', [], 0, 1000, 10)).toEqual([lasting]);
  silences.begin('host', 'a', 170, 'still');
  silences.end('host', 'a', 200);
  expect(silences.find('a', [], 0, 1000, 10)).toEqual([{ ...lasting, to: 200 }]);
  expect(silences.find('a', [], 201, 1000, 10)).toEqual([]);
  expect(silences.find('a', ['r'], 0, 1000, 10).map(({ name }) => name)).toEqual(['r', 'a']);
  expect(silences.find(null, [], 0, 1000, 1)).toHaveLength(1);
  // Thirty days after, nobody looks back to it.
  silences.begin('host', 'a', 31 * 86_400_000, 'later');
  silences.end('host', 'a', 31 * 86_400_000 + 1);
  expect(silences.find('a', [], 0, 1000, 10)).toEqual([]);
  memory.close();
  rmSync(folder, { recursive: true });
});

test('a silence that a kill left on disk, with its host as it was before, ends with the next word of its relay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heliograph-silences-'));
  const memory = openMemory(folder);
  const link = {
    ...{ relay: 'r', key: 'r', workers: 1, site: 's', since: 0, software: '' },
    ...{ sendDesired: () => undefined, need: () => undefined },
  };
  const open = () => {
    const silences = new Silences(memory);
    const others = { onTooMany: () => undefined, onBadStatus: () => undefined, decodeStatus: () => null as never };
    const fleet = new Fleet({ memory, now: () => 500, desired: () => undefined, silences, ...others });
    return { silences, fleet };
  };
  const said = (connected: boolean, since: number) => ({
    whole: false,
    hosts: [
      {
        ...{ host: 'a', connected, since, reason: connected ? '' : 'keep-alive' },
        ...{ status: new Uint8Array(0), clockSkewMs: 0, connection: 1 },
      },
    ],
  });
  const before = open();
  before.fleet.report(link, said(true, 100));
  before.fleet.save();
  before.fleet.report(link, said(false, 200));
  before.silences.save();
  const after = open();
  after.fleet.report(link, said(true, 300));
  expect(after.silences.find('a', [], 0, 1000, 10)).toMatchObject([{ name: 'a', from: 200, to: 300 }]);
  memory.close();
  rmSync(folder, { recursive: true });
});

test('what the disk refuses is tried again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heliograph-silences-'));
  const memory = openMemory(folder);
  const silences = new Silences(memory);
  silences.begin('host', 'a', 100, 'keep-alive');
  memory.exec('PRAGMA query_only = ON');
  expect(() => silences.save()).toThrow();
  memory.exec('PRAGMA query_only = OFF');
  silences.save();
  expect(new Silences(memory).find('a', [], 0, 1000, 10)).toHaveLength(1);
  memory.close();
  rmSync(folder, { recursive: true });
});

describe('what the relays say makes silences', () => {
  let core: TestCore;
  beforeAll(async () => {
    core = await (await TestCore.make()).start();
  });
  afterAll(() => core.remove());
  const silences = async (host: string) =>
    (await core.get<{ silences: Silence[] }>('/api/v1/gaps', { host })).silences.map(({ kind, name, to, reason }) => [
      kind,
      name,
      to !== null,
      reason,
    ]);

  test('a host that goes and comes, and one that moves to another relay', async () => {
    const one = await (await core.relay('relay-1')).hello('north');
    const two = await (await core.relay('relay-2')).hello('south');
    const gone = { connected: false, reason: 'keep-alive', connection: 2 };
    one.fleet([{ host: 'web-1' }, { host: 'web-2' }], true);
    two.fleet([{ host: 'web-2' }]);
    one.fleet([
      { host: 'web-1', ...gone },
      { host: 'web-2', ...gone },
    ]);
    await until('a silence', async () => (await silences('web-1')).length === 1);
    expect(await silences('web-1')).toEqual([['host', 'web-1', false, 'keep-alive']]);
    expect(await silences('web-2')).toEqual([]);
    two.fleet([{ host: 'web-1' }]);
    await until('its end', async () => (await silences('web-1'))[0]![2]);
    two.close();
    await until('the silence of the relay', async () => (await silences('web-2')).length === 1);
    expect((await silences('web-2'))[0]).toEqual([
      'relay',
      'relay-2',
      false,
      'relay relay-2 and this core were not connected',
    ]);
  });
});
