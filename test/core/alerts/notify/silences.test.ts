import { expect, test } from 'vitest';
import { AlertSilences } from '../../../../core/alerts/notify/silences.ts';
import { NotifyState } from '../../../../core/alerts/notify/state/state.ts';

/** A place that keeps nothing. */
const memory = {
  isShared: false,
  open: async () => undefined,
  write: async () => undefined,
  catchUp: async () => undefined,
  close: async () => undefined,
};

async function made() {
  const clock = { now: Date.parse('2026-11-30T12:00:00Z') };
  const now = () => clock.now;
  const silences = new AlertSilences(await NotifyState.open(memory, now), now);
  const give = (value: string, more: object = {}) => {
    const matchers = [{ name: 'host', value, isRegex: true }];
    return silences.give({ matchers, endsAt: new Date(clock.now + 60_000).toISOString(), comment: 'c', ...more }, 'me');
  };
  return { silences, clock, give };
}

/** Labels that count how often they are read. */
function watched(host: string) {
  let reads = 0;
  const labels = Object.defineProperty({} as Record<string, string>, 'host', {
    enumerable: true,
    get: () => {
      reads++;
      return host;
    },
  });
  return { labels, reads: () => reads };
}

test('a silence is tried once on an alert, and is in force from its begin to its end, also changed or ended', async () => {
  const { silences, clock, give } = await made();
  const { labels, reads } = watched('web-1');
  const one = await give('web.*');
  await give('db.*');
  expect(silences.of(labels)).toEqual([one.id]);
  const before = reads();
  expect(before).toBeGreaterThan(0);
  for (let i = 0; i < 10; i++) expect(silences.of(labels)).toEqual([one.id]);
  expect(reads()).toBe(before);
  const later = await give('web-1', { startsAt: new Date(clock.now + 10_000).toISOString() });
  expect(silences.of(labels)).toEqual([one.id]);
  expect(reads() - before).toBeLessThan(before);
  clock.now += 10_000;
  expect(silences.of(labels)).toEqual([one.id, later.id]);
  await silences.expire(later.id);
  await give('db-1', { id: one.id });
  expect(silences.of(labels)).toEqual([]);
  const again = await give('web-.');
  expect(silences.of(labels)).toEqual([again.id]);
  clock.now += 60_000;
  expect(silences.of(labels)).toEqual([]);
});

test('a thousand are in force at once, and the next is refused until one is over', async () => {
  const { silences, give } = await made();
  const first = await give('web-0');
  for (let i = 1; i < 1000; i++) await give(`web-${i}`);
  await expect(give('web-x')).rejects.toMatchObject({ code: 'HG_ALERT_SILENCE' });
  await give('web-y', { id: first.id });
  await silences.expire(first.id);
  await give('web-x');
});
