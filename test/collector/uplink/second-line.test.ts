import { expect, it } from 'vitest';
import { encodeControl } from '../../../proto/control.ts';
import { LIMITS } from '../../../proto/limits.ts';
import { Bench } from './link-bench.ts';

/** A link at its first relay, which is told to go and has connected to the second. */
function between(): Bench {
  const bench = new Bench([1, 2]);
  bench.acknowledges = false;
  bench.last.welcome();
  bench.link.comeBackAfter(600_000, 120_000);
  bench.last.events.onOpen();
  return bench;
}

/** The second relay talks until it is left, at most so many times. @returns how often it did */
function talk({ last }: Bench, payload: Uint8Array, times: number, topic = 'fleet/h1/desired'): number {
  let said = 0;
  while (last.end === '' && said < times) {
    last.events.onMessage(topic, payload);
    said++;
  }
  return said;
}

it('a second relay that talks without end is given up, before it has taken the host in and in the goodbye to the first', () => {
  const before = between();
  expect(talk(before, new Uint8Array(65_536), 1000)).toBeLessThan(20);
  expect(before.last.end).toBe('left');
  expect(before.link).toMatchObject({ isOpen: true, failures: 1, staysPut: 1 });
  expect(before.link.relay.port).toBe(1);

  const lengthy = between();
  expect(talk(lengthy, new Uint8Array(0), 1000, 't'.repeat(65_535))).toBeLessThan(20);

  const after = between();
  after.last.say({ time: 1 });
  const second = after.last;
  expect(after.connections[0]!.end).toBe('closing');
  // Nothing at all said very often costs memory, too.
  expect(talk(after, new Uint8Array(0), 1e6)).toBeLessThan(10_000);
  expect(second.end).toBe('left');
  after.connections[0]!.events.onClose('closed');
  expect(after.link).toMatchObject({ isOpen: false, handOvers: 0 });
  after.pass();
  after.last.welcome();
  expect(after.link.isOpen).toBe(true);
});

it('the longest messages that a relay may have for a host fit', () => {
  const bench = between();
  bench.last.events.onMessage('fleet/h1/desired', new Uint8Array(LIMITS.messageMapBytes));
  bench.last.say({ time: 1 });
  const need = Array.from({ length: LIMITS.hashes }, (_, i) => i.toString(16).padStart(32, '0'));
  const asked = encodeControl({ need });
  bench.last.events.onMessage('fleet/h1/control', asked);
  bench.told.length = 0;
  bench.pass();
  expect(bench.told).toEqual(['close', 'open 2', 'desired', 'control', 'control']);
});
