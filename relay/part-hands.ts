import type { Journal } from '../lib/journal/journal.ts';
import { DATA_CLASSES, type DataClass } from '../proto/class.ts';
import type { DesiredStore } from './desired-store.ts';
import type { Door } from './door.ts';
import { livesOf } from './host-memory.ts';
import type { HostMemory, PartHands } from './part.ts';
import type { Presence } from './presence.ts';
import type { SequenceMemory } from './sequence-memory.ts';
import type { Sequences } from './sequences.ts';
import type { Sessions } from './sessions.ts';
import type { Upstream } from './upstream.ts';

/** What a worker does for its supervisor. */
export function partHands(parts: {
  /** Null: no door for collectors. */
  door: Door | null;
  presence: Presence;
  journal: Journal;
  memories: Readonly<Record<DataClass, SequenceMemory>>;
  sequences: Readonly<Record<DataClass, Sequences>>;
  desired: DesiredStore;
  sessions: Sessions;
  upstream: Upstream;
  /** Takes over what other workers know of a host, in memory. */
  learn: (memories: readonly HostMemory[]) => void;
}): PartHands {
  const { door, presence, journal, memories, sequences, desired, sessions, upstream, learn } = parts;
  const memoryOf = (host: string): HostMemory => ({
    host,
    lives: livesOf(host, sequences),
    ...presence.livesOf(host),
  });
  return {
    handOver: async (host, connection) => {
      const had = door?.moved(host, connection) ?? false;
      const replaced = presence.stayed(host) || had;
      // What is on its way to the disk is acknowledged to nobody, but it will be in the journal.
      await journal.flush();
      return { memory: memoryOf(host), replaced };
    },
    learn: async (learnt) => {
      learn(learnt);
      for (const name of DATA_CLASSES) await memories[name].save();
    },
    farewell: () => upstream.farewell(),
    desired: (host, document) => {
      desired.know(host, document);
      sessions.of(host)?.send('desired', document, true);
    },
    hosts: () => [...new Set(DATA_CLASSES.flatMap((name) => [...sequences[name].hosts()]))],
    memory: memoryOf,
  };
}
