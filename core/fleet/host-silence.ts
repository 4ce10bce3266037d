import { type HostMemory, MOVED, MOVED_MS, viewOf } from './host.ts';
import { lastOf } from './relay-view.ts';
import type { Silences } from './silences.ts';

/**
 * Writes down when hosts go silent and are heard again. One that said it moves to another relay is taken at its word for a while: the
 * relays may be heard in any order.
 */
export class HostSilence {
  readonly #silences: Silences;
  readonly #now: () => number;
  /** Hosts that said they moved to a relay that has not said so yet; when they are silent otherwise. */
  readonly #moving = new Map<string, number>();

  constructor(silences: Silences, now: () => number) {
    this.#silences = silences;
    this.#now = now;
  }

  /** A host as it was known when this core ended: whether it arrived was not known then. */
  loaded(memory: HostMemory): void {
    if (isMoving(memory)) this.#moving.set(memory.host, this.#now() + MOVED_MS);
  }

  /** What its relays say of a host has changed. @param before whether it was heard until then */
  changed(memory: HostMemory, before: boolean): void {
    const now = isHeard(memory);
    if (now) this.#moving.delete(memory.host);
    else if (isMoving(memory)) {
      if (before) this.#moving.set(memory.host, this.#now() + MOVED_MS);
      return;
    }
    // A kill may have left a silence on disk, and its host as it was before: it is over though nothing seems to have changed.
    if (now === before && !(now && this.#silences.lasts('host', memory.host))) return;
    const { since, reason } = viewOf(memory, () => false, this.#now());
    if (now) this.#silences.end('host', memory.host, since ?? this.#now());
    else this.#silences.begin('host', memory.host, since ?? this.#now(), reason);
  }

  /** Who moved to another relay and did not arrive there in time is silent. @returns those hosts */
  missing(memoryOf: (host: string) => HostMemory): string[] {
    const now = this.#now();
    const due = [...this.#moving].flatMap(([host, at]) => (at > now ? [] : [host]));
    for (const host of due) {
      this.#moving.delete(host);
      const { since } = viewOf(memoryOf(host), () => false, now);
      this.#silences.begin('host', host, since ?? now, 'moved to another relay, which has not seen it');
    }
    return due;
  }
}

/** Is there a relay that has it connected, as far as was said? */
export function isHeard(memory: HostMemory): boolean {
  return Object.values(memory.relays).some((view) => view.connected);
}

/** Did it say last that it moved to another relay, and has none said yet that it is there? */
function isMoving(memory: HostMemory): boolean {
  return !isHeard(memory) && lastOf(Object.values(memory.relays))?.reason === MOVED;
}
