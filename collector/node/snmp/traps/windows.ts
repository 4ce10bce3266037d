/** RFC 3414, 2.2.3. */
const WINDOW_SECONDS = 150;
/** Engines that are remembered. */
const MOST_ENGINES = 4096;

interface Engine {
  boots: number;
  seconds: number;
  at: number;
}

/**
 * The time window of RFC 3414, 3.2 (7b) for traps of version 3: a sender is the authority on its own boots and time, so what falls behind what it said before was
 * recorded and is played back. The first authenticated message of an engine sets its clock.
 */
export class Windows {
  readonly #engines = new Map<string, Engine>();
  readonly #mono: () => number;

  constructor(mono: () => number) {
    this.#mono = mono;
  }

  /** Whether a message with these is timely; it moves what is known on. */
  timely(engineId: string, boots: number, seconds: number): boolean {
    const now = this.#mono();
    const known = this.#engines.get(engineId);
    if (known !== undefined) {
      if (boots < known.boots) return false;
      const expected = known.seconds + (now - known.at) / 1000;
      if (boots === known.boots && seconds < expected - WINDOW_SECONDS) return false;
      if (boots === known.boots && seconds < known.seconds) return true;
      this.#engines.delete(engineId);
    } else if (this.#engines.size >= MOST_ENGINES) {
      this.#engines.delete(this.#engines.keys().next().value!);
    }
    this.#engines.set(engineId, { boots, seconds, at: now });
    return true;
  }
}
