import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fleet } from '../../../core/fleet/fleet.ts';
import { type HostView, PUSH_SILENT_MS } from '../../../core/fleet/host.ts';
import { Silences } from '../../../core/fleet/silences.ts';
import { openMemory } from '../../../core/state.ts';
import { TestCore } from '../../support/core/core.ts';
import { sendJson } from '../../support/core/send.ts';

let core: TestCore;
beforeAll(async () => {
  core = await (await TestCore.make()).start();
});
afterAll(() => core.remove());

const hosts = async () => (await core.get<{ hosts: HostView[] }>('/api/v1/fleet')).hosts;

test('who pushes is in the fleet, and still there after a restart', async () => {
  await sendJson(core, { host: 'web-1', metrics: [{ name: 'orders_total', value: 12 }] });
  await sendJson(core, { host: 'db-1', logs: [{ message: 'a line' }] });
  await sendJson(core, { metrics: [{ name: 'nobodys', value: 1 }] });
  await core.stop();
  await core.start();
  const all = await hosts();
  expect(all.map(({ host }) => host).sort()).toEqual(['db-1', 'web-1']);
  expect(all[0]).toMatchObject({ state: 'connected', connected: true, profile: 'pushes', relay: null });
});

test('it is silent when nothing came for a while, alive again with the next, and there are so many at most', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heliograph-pushing-'));
  const memory = openMemory(folder);
  try {
    let now = 1_000_000;
    let over = 0;
    const fleet = new Fleet({
      memory,
      now: () => now,
      decodeStatus: () => {
        throw new Error('nobody sends one');
      },
      desired: () => undefined,
      silences: new Silences(memory),
      onTooMany: (count) => {
        over += count;
      },
      onBadStatus: () => undefined,
    });
    fleet.pushed(new Set(['a']), now);
    expect(fleet.states()).toEqual({ connected: 1, gone: 0, unknown: 0 });
    now += PUSH_SILENT_MS + 1;
    expect(fleet.host('a')).toMatchObject({ state: 'gone', since: 1_000_000, lastSeen: 1_000_000 });
    fleet.pushed(new Set(['a']), now);
    expect(fleet.host('a')).toMatchObject({ state: 'connected', since: now });
    fleet.pushed(new Set(Array.from({ length: 10_005 }, (_, i) => `h${i}`)), now);
    expect(fleet.hosts()).toHaveLength(10_000);
    expect(over).toBe(6);
    fleet.save();
  } finally {
    memory.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
