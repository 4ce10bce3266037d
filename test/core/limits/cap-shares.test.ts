import { expect, test } from 'vitest';
import { CapShares, type ShareLink } from '../../../core/limits/cap-shares.ts';
import { divideCap } from '../../../core/limits/divide-cap.ts';
import type { LimitOrder } from '../../../lib/limits/order.ts';
import type { OrderParts } from '../../../lib/limits/order-parts.ts';
import { seededRandom } from '../../../simulator/random.ts';

const order = (most: number, id = 'o', more: Partial<LimitOrder> = {}): LimitOrder => ({
  ...{ id, kind: 'cap', match: 'hits', most, perHost: false, by: 'alice', why: 'x', at: 1, until: null },
  ...more,
});
const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

test.each([
  [100, [0, 0], [50, 50]],
  [100, [10, 1000], [16, 84]],
  [90, [1000, 1000, 1000], [30, 30, 30]],
  [1000, [100, 300], []],
  [5, [3, 0], [5, 0]],
  [0, [7], [0]],
  [10, [], []],
])('a cap of %i over those that see %j', (most, seen, parts) => {
  const got = divideCap(most, seen);
  expect(sum(got)).toBe(seen.length === 0 ? 0 : most);
  if (most !== 1000) expect(got).toEqual(parts);
  else for (const [at, part] of got.entries()) expect(part).toBeGreaterThan(seen[at]! * 1.1);
});

/** A relay's side: messages of both sides are under way until the test lets them come. */
class Side implements ShareLink {
  readonly key: string;
  seen = 0;
  number = 0;
  part = 0;
  connected = true;
  #down: OrderParts[] = [];
  #up: { number: number; seen: number; part: number }[] = [];

  constructor(key: string) {
    this.key = key;
  }

  sendParts(parts: OrderParts): void {
    this.#down.push(parts);
  }

  /** One message each way comes. */
  pass(shares: CapShares, link: ShareLink = this): void {
    const told = this.#down.shift();
    if (told) {
      this.number = told.number;
      this.part = told.parts.o ?? 0;
    }
    this.say();
    const said = this.#up.shift()!;
    shares.heard(link, { number: said.number, orders: { o: { seen: said.seen, part: said.part } } });
  }

  say(): void {
    this.#up.push({ number: this.number, seen: this.seen, part: this.part });
  }

  lose(): void {
    this.#down = [];
    this.#up = [];
  }
}

/** The same process on a new stream: what was under way is lost. */
function streamOf(side: Side): ShareLink {
  return { key: side.key, sendParts: (parts) => side.sendParts(parts) };
}

test('whatever comes late, goes away and comes back: the parts in force are never more than the cap, and all of it is used', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed);
    let now = 0;
    const shares = new CapShares(() => now);
    let most = 1000;
    shares.setOrders({ version: 1, orders: [order(most)] });
    const sides = Array.from({ length: 4 }, (_, i) => new Side(`relay-${i}`));
    const links = new Map(sides.map((one) => [one, streamOf(one)]));
    for (let step = 0; step < 400; step++) {
      now += Math.floor(random() * 1500);
      const one = sides[Math.floor(random() * sides.length)]!;
      const what = random();
      if (what < 0.05 && one.connected) {
        one.connected = false;
        one.lose();
        shares.went(links.get(one)!);
      } else if (what < 0.1 && !one.connected) {
        one.connected = true;
        links.set(one, streamOf(one));
      } else if (what < 0.3) one.seen = Math.floor(random() * 800);
      else if (what < 0.4) shares.tick();
      if (one.connected) one.pass(shares, links.get(one)!);
      expect(sum(sides.map(({ part }) => part)), `seed ${seed}, step ${step}`).toBeLessThanOrEqual(most);
    }
    for (const one of sides) {
      if (!one.connected) links.set(one, streamOf(one));
      one.connected = true;
      one.seen = 600;
    }
    for (let round = 0; round < 20; round++) {
      now += 1500;
      shares.tick();
      for (const one of sides) one.pass(shares, links.get(one)!);
    }
    expect(sum(sides.map(({ part }) => part)), `seed ${seed}`).toBe(most);
    // For less than a fiftieth of the cap nobody looks at its series again.
    for (const { part } of sides) expect(Math.abs(part - 250), `seed ${seed}`).toBeLessThan(20);
    // Another number is another cap.
    most = 100;
    shares.setOrders({ version: 1, orders: [order(most)] });
    for (const one of sides) {
      one.pass(shares, links.get(one)!);
      one.pass(shares, links.get(one)!);
    }
    expect(sum(sides.map(({ part }) => part))).toBe(100);
  }
});

test('who is cut off keeps its part, which nobody else gets, and gives it back after an hour', () => {
  let now = 0;
  const shares = new CapShares(() => now);
  shares.setOrders({ version: 1, orders: [order(100)] });
  const [a, b] = [new Side('a'), new Side('b')];
  const go = (...ones: Side[]) => {
    for (let round = 0; round < 5; round++) {
      now += 2000;
      shares.tick();
      for (const one of ones) one.pass(shares);
    }
  };
  a.seen = b.seen = 500;
  go(a, b);
  expect([a.part, b.part]).toEqual([50, 50]);
  shares.went(a);
  go(b);
  expect([a.part, b.part]).toEqual([50, 50]);
  now += 3_600_000;
  go(b);
  expect(b.part).toBe(100);
});

test('after a start of the core nobody gets more of an older order before the others had time to come back', () => {
  let now = 0;
  const shares = new CapShares(() => now);
  shares.setOrders({ version: 1, orders: [order(100), order(10, 'ended')] }, true);
  const a = new Side('a');
  a.seen = 500;
  a.part = 50;
  a.pass(shares);
  a.pass(shares);
  expect(a.part).toBe(50);
  now += 60_000;
  shares.tick();
  a.pass(shares);
  expect(a.part).toBe(100);
  // What is no order any more needs no part.
  shares.setOrders({ version: 1, orders: [] });
  expect(shares.partsOf('o').get('a')).toBe(0);
});
