import { decodeControl } from '../../../proto/control.ts';
import { LIMITS } from '../../../proto/limits.ts';
import type { Host } from '../host.ts';
import type { Dial, Line, LineEvents } from './line.ts';

/** A relay that is connected to and has not said within this whether it takes the host in does not, ms. Connecting has the uplink's own bound. */
const WELCOME_MS = 20_000;

/** So much of what the relay says is kept until somebody has the line, bytes: the longest desired configuration, and as much again. */
const HEARD_CAP = 2 * LIMITS.messageMapBytes;
/** What a message that is kept costs beside its payload, about, bytes. */
const MESSAGE_COST = 256;

/** Why a relay did not take the host in. */
export interface NotTaken {
  readonly place: number;
  readonly reason: string;
  /** It asked to stay away for so long, ms; 0: it did not. */
  readonly comeBackAfterMs: number;
  /** Before TLS. */
  readonly refused: boolean;
}

export interface SecondLineOptions {
  readonly host: Pick<Host, 'timer' | 'cancel'>;
  readonly dial: Dial;
  readonly place: number;
  /** The relay takes the host in. Called once, and nothing else after it. */
  readonly onWelcome: (second: SecondLine) => void;
  readonly onNotTaken: (why: NotTaken) => void;
}

/**
 * A connection to another relay that is made beside the one that serves, before that one is left. Opened is not taken in: a relay with no room lets
 * a host connect to say so. So it waits for the relay's first word on `control`, which is its clock, or when to come back. What the relay says
 * meanwhile is kept, and told to whoever takes the line over; one that says more than is kept is given up.
 */
export class SecondLine {
  readonly line: Line;
  readonly #options: SecondLineOptions;
  #heard: [topic: string, payload: Uint8Array][] = [];
  /** What that takes, bytes. */
  #heardBytes = 0;
  #timer: number | null = null;
  /** Whoever has the line now; null: it is not decided yet. */
  #owner: LineEvents | null = null;
  #over = false;
  #welcome = false;

  constructor(options: SecondLineOptions) {
    this.#options = options;
    this.line = options.dial(options.place, {
      onOpen: () => {
        if (this.#over || this.#welcome) return;
        this.#timer = options.host.timer(() => this.#giveUp('no word from the relay in time'), WELCOME_MS);
      },
      onMessage: (topic, payload) => this.#message(topic, payload),
      onClose: (reason, refused) => {
        if (this.#owner !== null) this.#owner.onClose(reason, refused);
        else this.#notTaken(reason, 0, refused ?? false);
      },
    });
  }

  /** The line is somebody else's from now on, who is told what was heard on it so far. */
  handTo(owner: LineEvents): void {
    this.#owner = owner;
    const heard = this.#heard;
    this.#heard = [];
    for (const [topic, payload] of heard) owner.onMessage(topic, payload);
  }

  /** Ends the line; nobody is told. */
  abandon(reason: string): void {
    if (this.#over) return;
    this.#end();
    this.line.uplink.leave(reason);
  }

  #message(topic: string, payload: Uint8Array): void {
    if (this.#owner !== null) {
      this.#owner.onMessage(topic, payload);
      return;
    }
    if (this.#over) return;
    this.#heardBytes += payload.length + 2 * topic.length + MESSAGE_COST;
    if (this.#heardBytes > HEARD_CAP) {
      this.#giveUp('the relay says too much before the host is its own');
      return;
    }
    this.#heard.push([topic, Uint8Array.from(payload)]);
    if (this.#welcome || !topic.endsWith('/control')) return;
    let word: ReturnType<typeof decodeControl>;
    try {
      word = decodeControl(payload);
    } catch {
      // Whoever takes the line over is told it too, and says what is wrong with it.
      return;
    }
    if (word.comeBackAfterMs) this.#giveUp('the relay asks to come back later', word.comeBackAfterMs);
    else if (word.time !== undefined) {
      this.#welcome = true;
      this.#cancel();
      this.#options.onWelcome(this);
    }
  }

  #giveUp(reason: string, comeBackAfterMs = 0): void {
    const { uplink } = this.line;
    this.#notTaken(reason, comeBackAfterMs, false);
    uplink.leave(reason);
  }

  #notTaken(reason: string, comeBackAfterMs: number, refused: boolean): void {
    if (this.#over) return;
    this.#end();
    this.#options.onNotTaken({ place: this.#options.place, reason, comeBackAfterMs, refused });
  }

  #end(): void {
    this.#over = true;
    this.#heard = [];
    this.#cancel();
  }

  #cancel(): void {
    if (this.#timer !== null) this.#options.host.cancel(this.#timer);
    this.#timer = null;
  }
}
