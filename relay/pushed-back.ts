import type { Session } from './session.ts';
import type { Guest, WaitingRoom } from './waiting-room.ts';

/** When one was taken, so many more are tried: from a single one, so that a full disk costs next to nothing. */
const MORE = 4;

/**
 * What a journal did not take, because it is full or its disk refuses. Tried again now and then, one of each chain; where
 * one is taken, others follow.
 */
export class PushedBack {
  readonly #room: WaitingRoom;
  /** By chain, in the order they came, with how each is tried again. */
  readonly #chains = new Map<string, Map<Guest, () => void>>();

  constructor(room: WaitingRoom) {
    this.#room = room;
  }

  /** @param guest with bytes of its own */
  wait(chain: string, guest: Guest, again: () => void): void {
    if (!this.#room.enter(guest)) return;
    const queue = this.#chains.get(chain);
    if (queue) queue.set(guest, again);
    else this.#chains.set(chain, new Map([[guest, again]]));
  }

  /** Tries one of each chain. Called now and then. */
  probe(): void {
    // Of those that are there now: one that is refused at once stands in the map again.
    for (const chain of [...this.#chains.keys()]) this.#release(chain, 1);
  }

  /** A record went into this chain. */
  taken(chain: string): void {
    if (this.#chains.size > 0) this.#release(chain, MORE);
  }

  /** The connection is gone: what it had not acknowledged comes again. */
  forget(session: Session): void {
    for (const guest of this.#room.of(session)) {
      for (const queue of this.#chains.values()) if (queue.delete(guest)) this.#room.leave(guest);
    }
  }

  #release(chain: string, most: number): void {
    const queue = this.#chains.get(chain);
    if (!queue) return;
    const first: (() => void)[] = [];
    for (const [guest, again] of queue) {
      if (first.length === most) break;
      queue.delete(guest);
      this.#room.leave(guest);
      first.push(again);
    }
    if (queue.size === 0) this.#chains.delete(chain);
    for (const again of first) again();
  }
}
