import { expect, test } from 'vitest';
import { type RelayMember, relayOrder } from '../../../collector/core/uplink/relay-order.ts';

const HOSTS = Array.from({ length: 10_000 }, (_, i) => `web-${i}.example`);
const relay = (name: string, weight = 1, tier = 1): RelayMember => ({ host: name, port: 8883, weight, tier });
const firstOf = (host: string, relays: readonly RelayMember[]) => relayOrder(host, relays)[0]!.host;

/** How many hosts have each relay first. */
function spread(relays: readonly RelayMember[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const host of HOSTS) {
    const first = firstOf(host, relays);
    counts[first] = (counts[first] ?? 0) + 1;
  }
  return counts;
}

test('hosts are spread by weight, within five standard deviations', () => {
  for (const weights of [
    [1, 1],
    [1, 1, 1, 1, 1],
    [1, 2, 5],
    [1, 10],
    [0.5, 0.25, 0.25],
  ]) {
    const relays = weights.map((weight, i) => relay(`relay${i}`, weight));
    const counts = spread(relays);
    const sum = weights.reduce((a, b) => a + b);
    for (const { host, weight } of relays) {
      const share = weight / sum;
      const deviation = Math.sqrt(HOSTS.length * share * (1 - share));
      expect(Math.abs((counts[host] ?? 0) - HOSTS.length * share)).toBeLessThan(5 * deviation);
    }
  }
});

test('a relay more takes its own part of the hosts and moves no other; one less gives its hosts to the others by their weights', () => {
  const four = [relay('a'), relay('b'), relay('c', 2), relay('d')];
  const five = [...four, relay('e')];
  let moved = 0;
  for (const host of HOSTS) {
    const [before, after] = [firstOf(host, four), firstOf(host, five)];
    if (before === after) continue;
    expect(after).toBe('e');
    moved++;
  }
  // One of six parts.
  expect(moved / HOSTS.length).toBeGreaterThan(1 / 6 - 0.02);
  expect(moved / HOSTS.length).toBeLessThan(1 / 6 + 0.02);

  const heirs: Record<string, number> = {};
  const ofA = HOSTS.filter((host) => firstOf(host, four) === 'a');
  for (const host of ofA) {
    const [, second] = relayOrder(host, four);
    expect(firstOf(host, four.slice(1))).toBe(second!.host);
    heirs[second!.host] = (heirs[second!.host] ?? 0) + 1;
  }
  expect(heirs.c! / ofA.length).toBeGreaterThan(0.45);
  expect(heirs.c! / ofA.length).toBeLessThan(0.55);
});

test('a weight that grows draws hosts to that relay and moves no other', () => {
  const before = [relay('a'), relay('b'), relay('c')];
  const after = [relay('a'), relay('b'), relay('c', 3)];
  for (const host of HOSTS) {
    const first = firstOf(host, after);
    if (first !== firstOf(host, before)) expect(first).toBe('c');
  }
});

test('a lower tier goes before any weight; the order does not depend on how the list is written', () => {
  const relays = [relay('far', 1000, 2), relay('a'), relay('b'), relay('farther', 1000, 3)];
  for (const host of HOSTS.slice(0, 500)) {
    const order = relayOrder(host, relays).map((one) => one.host);
    expect(order.slice(0, 2).sort()).toEqual(['a', 'b']);
    expect(order.slice(2)).toEqual(['far', 'farther']);
    expect(relayOrder(host, relays.toReversed()).map((one) => one.host)).toEqual(order);
  }
});
