import { expect, it } from 'vitest';
import { Bench } from './link-bench.ts';

it('goes to the next relay at once when one asks to come back later, and leaves that one alone until then', () => {
  const bench = new Bench([1, 2, 3]);
  bench.sentAway(30_000);
  bench.last.events.onClose('refused');
  bench.pass();
  bench.last.events.onClose('refused');
  bench.pass();
  bench.last.events.onClose('refused');
  bench.pass();
  expect(bench.reasons[0]).toBe('the relay asks to come back after 30000 ms');
  // Only the jitter between them; relay 1 has no turn.
  expect(bench.tried.map(([port]) => port)).toEqual([1, 2, 3, 2, 3]);
  expect(bench.time).toBeLessThan(3000);
  bench.time = 40_000;
  bench.last.events.onClose('refused');
  bench.pass();
  expect(bench.tried.at(-1)![0]).toBe(1);
});

it('waits for the one whose time comes first when all have asked', () => {
  const bench = new Bench([1, 2]);
  bench.sentAway(50_000);
  bench.sentAway(20_000);
  expect(bench.tried.map(([port]) => port)).toEqual([1, 2, 2]);
  expect(bench.time).toBeGreaterThanOrEqual(20_000);
  expect(bench.time).toBeLessThan(22_000);
});

it('waits as told where there is one relay, ten minutes at most', () => {
  const bench = new Bench([1]);
  bench.sentAway(20_000);
  expect(bench.tried[1]![1]).toBeGreaterThanOrEqual(20_000);
  expect(bench.tried[1]![1]).toBeLessThanOrEqual(21_000);
  const before = bench.time;
  bench.sentAway(1e12);
  expect(bench.time - before).toBeLessThanOrEqual(601_000);
  // The hint was for one time.
  bench.last.events.onClose('refused');
  const after = bench.time;
  bench.pass();
  expect(bench.time - after).toBeLessThanOrEqual(1000);
});

it('goes home after the pause and half as long again: the new connection first, then a goodbye, then what waits', () => {
  const bench = new Bench([1, 2], 60_000);
  const other = bench.flee();
  const fled = bench.time;
  expect(bench.link.isHome).toBe(false);
  bench.pass();
  expect(bench.tried.at(-1)).toEqual([1, Math.round(fled + 90_000)]);
  expect(other.end).toBe('');
  bench.last.events.onOpen();
  bench.last.events.onMessage('fleet/h1/desired', new Uint8Array());
  expect(other.end).toBe('');
  bench.told.length = 0;
  bench.last.say({ time: 1 });
  expect(other.end).toBe('closed');
  // What home said before it was open is told after.
  expect(bench.told).toEqual(['leaving for 1', 'close', 'open 1', 'desired', 'control']);
  expect(bench.link).toMatchObject({ isHome: true, isOpen: true, handOvers: 1, connects: 2 });
});

it('stays where it is when home does not take it, and asks after longer and longer pauses', () => {
  const bench = new Bench([1, 2], 60_000);
  const other = bench.flee();
  const refusals = [
    () => bench.last.events.onClose('refused', true),
    () => {
      bench.last.events.onOpen();
      bench.last.say({ comeBackAfterMs: 30_000 });
    },
    // Home says nothing in time.
    () => {
      bench.last.events.onOpen();
      bench.pass();
    },
    () => bench.last.events.onClose('refused'),
    () => bench.last.events.onClose('refused'),
  ];
  const pauses: number[] = [];
  let from = bench.time;
  for (const refuse of refusals) {
    bench.pass();
    expect(bench.last.port).toBe(1);
    pauses.push(Math.round((bench.time - from) / 1000));
    refuse();
    from = bench.time;
    expect(other.end).toBe('');
    expect(bench.link).toMatchObject({ isOpen: true, isHome: false });
  }
  expect(pauses).toEqual([90, 180, 360, 720, 720]);
  expect(bench.link.staysPut).toBe(5);
  bench.pass();
  bench.last.welcome();
  expect(bench.link.isHome).toBe(true);
});

it('goes over to another relay where the present one asks for it and serves on, and leaves without waiting where it does not', () => {
  const bench = new Bench([1, 2, 3]);
  bench.last.welcome();
  const first = bench.last;
  bench.link.comeBackAfter(60_000, 30_000);
  expect(bench.last.port).toBe(2);
  bench.last.events.onClose('refused', true);
  // The next one at once: each is asked once, and all again after a wait.
  expect(bench.last.port).toBe(3);
  bench.last.events.onClose('refused', true);
  expect(first.end).toBe('');
  bench.pass();
  expect(bench.last.port).toBe(2);
  bench.last.welcome();
  expect(first.end).toBe('closed');
  expect(bench.link.relay.port).toBe(2);
  // All have asked: it stays as long as it may, and tries the one whose time comes first.
  bench.link.comeBackAfter(50_000, 30_000);
  bench.last.welcome();
  expect(bench.link.relay.port).toBe(3);
  const third = bench.last;
  bench.link.comeBackAfter(70_000, 30_000);
  expect(third.end).toBe('');
  const tries = bench.tried.length;
  bench.pass();
  expect(bench.tried.slice(tries).map(([port]) => port)).toEqual([2]);
  expect(bench.time).toBeGreaterThanOrEqual(50_000);
  bench.last.events.onClose('refused');
  // Where there is no other it leaves at once.
  const lone = new Bench([1]);
  lone.last.welcome();
  lone.link.comeBackAfter(70_000, 30_000);
  expect(lone.last.end).toBe('left');
});

it('takes the other relay when the present one ends meanwhile, and begins anew where that one fails too', () => {
  const bench = new Bench([1, 2]);
  bench.last.welcome();
  bench.link.comeBackAfter(60_000, 30_000);
  bench.connections[0]!.events.onClose('gone');
  expect(bench.link.isOpen).toBe(false);
  bench.last.welcome();
  expect(bench.link).toMatchObject({ isOpen: true, handOvers: 1 });

  const other = new Bench([1, 2]);
  other.last.welcome();
  other.link.comeBackAfter(60_000, 30_000);
  other.connections[0]!.events.onClose('gone');
  other.last.events.onClose('refused');
  expect(other.tried).toHaveLength(2);
  other.pass();
  other.last.welcome();
  expect(other.link.isOpen).toBe(true);
  expect(other.link.relay.port).toBe(2);
});

it('a relay that acknowledges nothing is left after two seconds; a relay that breaks in the goodbye is not gone over to', () => {
  const bench = new Bench([1, 2]);
  bench.acknowledges = false;
  bench.last.welcome();
  const [first] = bench.connections;
  bench.link.comeBackAfter(60_000, 30_000);
  bench.last.welcome();
  expect(first!.end).toBe('closing');
  const began = bench.time;
  bench.pass();
  expect(bench.time - began).toBe(2000);
  expect(first!.end).toBe('left');
  expect(bench.link).toMatchObject({ isOpen: true, handOvers: 1 });

  const broken = new Bench([1, 2]);
  broken.acknowledges = false;
  broken.last.welcome();
  broken.link.comeBackAfter(60_000, 30_000);
  broken.last.welcome();
  broken.last.events.onClose('gone');
  broken.connections[0]!.events.onClose('left');
  expect(broken.link).toMatchObject({ isOpen: false, handOvers: 0 });
  broken.pass();
  broken.pass();
  broken.last.welcome();
  expect(broken.link.isOpen).toBe(true);
});

it('after a relay that served for a while the best one has a turn first', () => {
  const bench = new Bench([1, 2, 3], 0);
  bench.last.events.onClose('refused');
  bench.pass();
  bench.last.welcome();
  bench.prove();
  bench.last.events.onClose('gone');
  bench.pass();
  bench.last.events.onClose('refused');
  bench.pass();
  bench.last.events.onClose('refused');
  bench.pass();
  expect(bench.tried.map(([port]) => port)).toEqual([1, 2, 2, 1, 2]);
});
