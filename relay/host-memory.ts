import { Ranges } from '../lib/ranges.ts';
import { DATA_CLASSES, type DataClass } from '../proto/class.ts';
import type { HostMemory } from './part.ts';
import type { Sequences } from './sequences.ts';

type ByClass = Readonly<Record<DataClass, Sequences>>;

/** What this worker knows of a host's numbers: those it received itself and those it learned of. */
export function livesOf(host: string, sequences: ByClass): HostMemory['lives'] {
  return DATA_CLASSES.flatMap((name) =>
    [...sequences[name].boots(host)].map(([boot, state]) => {
      const received = new Ranges(state.received.pairs());
      for (const [from, to] of state.elsewhere?.pairs() ?? []) received.addRange(from, to);
      const { touched, declared } = state;
      return { class: name, boot, touched, received: received.pairs(), declared: declared.pairs() };
    }),
  );
}

/** Takes over what another worker knows of a host: a frame that is in its journal, and not in the one here, is a repeat here. */
export function learnLives(memory: HostMemory, sequences: ByClass): void {
  for (const { class: name, boot, touched, received, declared } of memory.lives) {
    const state = sequences[name].of(memory.host, boot);
    state.elsewhere ??= new Ranges();
    for (const [from, to] of received) {
      // What a host that comes back brings along has this worker's own numbers in it. Those wait in the journal here and
      // nowhere else: taken for another's, they would be dropped as repeats.
      for (const [low, high] of state.received.missing(from, to)) state.elsewhere.addRange(low, high);
    }
    for (const [from, to] of declared) state.declared.addRange(from, to);
    state.touched = Math.max(state.touched, touched);
  }
}
