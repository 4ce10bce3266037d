import { expect, test } from 'vitest';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import { makeBoot } from '../../proto/hash.ts';
import { learnLives, livesOf } from '../../relay/host-memory.ts';
import type { HostMemory } from '../../relay/part.ts';
import { Sequences } from '../../relay/sequences.ts';

const BOOT = makeBoot(1, new Uint8Array(8));

/** What one worker knows; the core is away, so that nothing it has is settled. */
class Place {
  readonly sequences = Object.fromEntries(DATA_CLASSES.map((name) => [name, new Sequences(() => 0)])) as Record<
    DataClass,
    Sequences
  >;

  get state() {
    return this.sequences.alert.of('h', BOOT);
  }

  take(from: number, to: number): void {
    this.state.received.addRange(from, to);
  }

  memory(): HostMemory {
    return { host: 'h', lives: livesOf('h', this.sequences), alive: [], framed: [] };
  }
}

test('a host that goes and comes back brings no number of its own worker as one of another', () => {
  const a = new Place();
  const b = new Place();
  a.take(1, 5);
  learnLives(a.memory(), b.sequences);
  expect(b.state.elsewhere?.pairs()).toEqual([[1, 5]]);
  b.take(6, 8);
  learnLives(b.memory(), a.sequences);
  expect(a.state.elsewhere?.pairs()).toEqual([[6, 8]]);
  a.take(9, 9);
  learnLives(a.memory(), b.sequences);
  expect(b.state.elsewhere?.pairs()).toEqual([
    [1, 5],
    [9, 9],
  ]);
});

test('a worker that is emptied gives worker 0 its numbers, and not those that wait at worker 0', () => {
  const zero = new Place();
  const one = new Place();
  zero.take(1, 3);
  zero.take(6, 7);
  learnLives(zero.memory(), one.sequences);
  one.take(4, 5);
  one.take(8, 9);
  learnLives(one.memory(), zero.sequences);
  expect(zero.state.elsewhere?.pairs()).toEqual([
    [4, 5],
    [8, 9],
  ]);
});
