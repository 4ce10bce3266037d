import type { DataClass } from '../proto/class.ts';
import { encodeControl, type PressureLevel } from '../proto/control.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

/** Hosts that are told in one turn of the event loop: each is sent a message of its own, some 20 us of CPU. */
const HOSTS_A_TURN = 200;

/**
 * Tells every connected host how much it should hold back, some in each turn of the event loop: ten thousand at once would hold
 * up all frames meanwhile. Where the levels change again before all were told, the others are told the newest at once, and
 * those who were told an older one in a second round.
 */
export class PressureNotice {
  readonly #sessions: Pick<Sessions, 'all'>;
  readonly #levels: () => Readonly<Record<DataClass, PressureLevel>>;
  #control: Uint8Array = new Uint8Array(0);
  #telling = false;
  #again = false;

  /** @param levels those of now */
  constructor(sessions: Pick<Sessions, 'all'>, levels: () => Readonly<Record<DataClass, PressureLevel>>) {
    this.#sessions = sessions;
    this.#levels = levels;
  }

  /** The levels changed. The first hosts are told before this returns. */
  tell(): void {
    this.#control = encodeControl({ pressure: this.#levels() });
    this.#again = this.#telling;
    if (!this.#telling) this.#some(this.#sessions.all());
  }

  #some(left: Iterator<Session>): void {
    this.#telling = true;
    for (let told = 0; told < HOSTS_A_TURN; told++) {
      const next = left.next();
      if (next.done) {
        this.#telling = false;
        if (this.#again) setImmediate(() => this.tell());
        return;
      }
      next.value.send('control', this.#control);
    }
    setImmediate(() => this.#some(left));
  }
}
