import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { hostsInTurns } from '../../relay/hosts-in-turns.ts';

test.each([0, 1, 250, 251, 1000])('%d hosts: one member each, in order', async (count) => {
  const hosts = Array.from({ length: count }, (_, i) => `h"${i}`);
  const text = await hostsInTurns(hosts, (host) => ({ of: host }));
  const read = JSON.parse(text) as Record<string, { of: string }>;
  expect(Object.keys(read)).toEqual(hosts);
  for (const host of hosts) expect(read[host]).toEqual({ of: host });
});

test('other things have their turn meanwhile', async () => {
  const hosts = Array.from({ length: 2000 }, (_, i) => `h${i}`);
  let written = 0;
  const text = hostsInTurns(hosts, () => ++written);
  const seen = [written];
  for (; written < hosts.length; seen.push(written)) {
    expect(seen.length).toBeLessThan(hosts.length);
    await nextTurn();
  }
  await text;
  const most = Math.max(...seen.map((now, i) => now - (seen[i - 1] ?? 0)));
  expect(most).toBeLessThan(hosts.length / 2);
});
