import { expect, test } from 'vitest';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import { makeBoot } from '../../proto/hash.ts';
import { learnLives, livesOf } from '../../relay/host-memory.ts';
import { Sequences } from '../../relay/sequences.ts';

const BOOT = makeBoot(1, new Uint8Array(8));

/** What one worker knows. */
function worker() {
  const sequences = Object.fromEntries(DATA_CLASSES.map((name) => [name, new Sequences(() => 0)])) as Record<
    DataClass,
    Sequences
  >;
  const state = sequences.metric.of('h', BOOT);
  return {
    state,
    memory: () => ({ host: 'h', lives: livesOf('h', sequences), alive: [], framed: [] }),
    learn: (memory: Parameters<typeof learnLives>[0]) => learnLives(memory, sequences),
  };
}

test('a host that comes back to a worker brings what others received, and not what this one did: its only copy may be here', () => {
  const [a, b] = [worker(), worker()];
  a.state.received.addRange(1, 5);
  b.learn(a.memory());
  expect(b.state.elsewhere?.pairs()).toEqual([[1, 5]]);
  // One that was acknowledged here and came there again: a repeat there, and sent from here.
  b.state.received.addRange(5, 8);
  a.learn(b.memory());
  expect(a.state.elsewhere?.pairs()).toEqual([[6, 8]]);
  expect(b.state.elsewhere?.pairs()).toEqual([[1, 5]]);
});
