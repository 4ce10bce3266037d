import { expect, test } from 'vitest';
import { KnownHosts } from '../../../relay/rules/known-hosts.ts';

test('a host that another relay has taken in is not silent here, until it was here again', () => {
  const connected = new Set(['a', 'b']);
  const moved = new Set<string>();
  const hosts = new KnownHosts({
    expected: ['b', 'c'],
    forgetMs: 60_000,
    site: 's',
    connected: () => [...connected].map((host) => ({ host })),
    doubtful: () => false,
    moved: (host) => moved.has(host),
  });
  const values = () => Object.fromEntries([...hosts.series()].map(({ labels, value }) => [labels.instance, value]));
  hosts.look(1000);
  expect(values()).toEqual({ a: 1, b: 1, c: 0 });
  // Both go over to another relay; `b` stands in the list of those that should be here, too.
  for (const host of ['a', 'b']) {
    connected.delete(host);
    moved.add(host);
  }
  expect(hosts.look(2000)).toBe(true);
  expect(values()).toEqual({ c: 0 });
  expect(hosts.toData()).toEqual([]);
  // `a` is back, and goes without a word.
  moved.delete('a');
  connected.add('a');
  hosts.look(3000);
  connected.delete('a');
  hosts.look(4000);
  expect(values()).toEqual({ a: 0, c: 0 });
});
