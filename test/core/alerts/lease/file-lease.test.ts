import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { FileLease, SESSION_MS } from '../../../../core/alerts/lease/file-lease.ts';
import { silentLog } from '../../../../lib/log.ts';
import { until } from '../../../support/until.ts';
import { folder, TestClock } from '../notify/notifications.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function lease(directory: string, owner: string, { clock = new TestClock(), newest = 0, log = silentLog } = {}) {
  const taken: number[] = [];
  const one = new FileLease({
    ...{ name: 'notify', folder: directory, owner, log },
    newest: async () => newest,
    onTake: async () => {
      taken.push(readdirSync(directory).length);
    },
    mono: () => clock.mono(),
  });
  await one.open();
  cleanups.push(() => one.close());
  return { lease: one, clock, taken };
}

test('one holds it; who gives it back is followed at once, by a higher generation', async () => {
  const directory = folder(cleanups);
  const first = await lease(directory, 'one');
  const second = await lease(directory, 'two');
  expect([first.lease.held, second.lease.held, second.lease.owner]).toEqual([1, null, 'one']);
  expect([await first.lease.check(), await second.lease.check()]).toEqual([1, null]);
  await first.lease.close();
  await until('the second', () => second.lease.held === 2);
  expect(second.taken).toHaveLength(1);
  expect(readdirSync(directory)).toEqual(['lease-2']);
});

test('of many that look at one moment one gets it', async () => {
  const directory = folder(cleanups);
  const all = await Promise.all(Array.from({ length: 8 }, (_, i) => lease(directory, `core-${i}`)));
  expect(all.filter(({ lease: one }) => one.held !== null)).toHaveLength(1);
});

test('a holder is believed for a session by the clock of who looks, and knows by its own when it has lost it', async () => {
  const directory = folder(cleanups);
  const first = await lease(directory, 'one');
  // As if it had been stopped: its time goes on and nothing is written.
  first.clock.forward(SESSION_MS);
  expect(first.lease.held).toBeNull();
  expect(await first.lease.check()).toBeNull();
  // Nobody took it: it goes on under its generation.
  await until('the first again', () => first.lease.held === 1);

  writeFileSync(join(directory, 'lease-2'), JSON.stringify({ owner: 'other', beat: 1, released: false }));
  expect(await first.lease.check()).toBeNull();
  expect(first.lease.held).toBeNull();
  await until('it has seen the other', () => first.lease.owner === 'other');
  first.clock.forward(SESSION_MS);
  await until('the other is silent', () => first.lease.held === 3);
});

test('a lease whose files are gone goes on above what was written under it', async () => {
  const { lease: one } = await lease(folder(cleanups), 'one', { newest: 50 });
  expect(one.held).toBe(51);
});

test('its own from before a restart is taken when it is silent for two beats, and one that is half written after a session', async () => {
  const directory = folder(cleanups);
  writeFileSync(join(directory, 'lease-7'), JSON.stringify({ owner: 'one', beat: 9, released: false }));
  const first = await lease(directory, 'one');
  expect(first.lease.held).toBeNull();
  first.clock.forward(2_000);
  await until('its own', () => first.lease.held === 8);

  const other = join(folder(cleanups), 'x');
  mkdirSync(other);
  writeFileSync(join(other, 'lease-3'), '{"own');
  const second = await lease(other, 'two');
  expect(second.lease.held).toBeNull();
  second.clock.forward(SESSION_MS);
  await until('it', () => second.lease.held === 4);
});

test('of two cores that go by one name, as after a copy, one notifies, and the other says so', async () => {
  const directory = folder(cleanups);
  const first = await lease(directory, 'one');
  const errors: string[] = [];
  const log = { ...silentLog, error: (message: string) => void errors.push(message) };
  const copy = await lease(directory, 'one', { log });
  expect([first.lease.held, copy.lease.held]).toEqual([1, null]);
  await until('the other says so', () => errors.length === 1);
  copy.clock.forward(2_000);
  await until('a beat', () => first.lease.held === 1);
  expect(errors[0]).toMatch(/another core goes by the name of this one/);
  expect([await first.lease.check(), copy.lease.held]).toEqual([1, null]);
});
