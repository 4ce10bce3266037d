import type { Host, Uplink } from '../host.ts';
import { randomHex } from '../random.ts';
import type { BackOff } from './back-off.ts';
import { addressText, type RelayAddress, RelayTurns } from './relay-turns.ts';

export interface LinkOptions {
  readonly host: Host;
  readonly createUplink: () => Uplink;
  /** Tried in turn, the first again after the last. */
  readonly relays: readonly RelayAddress[];
  readonly clientId: string;
  readonly keepAliveSeconds: number;
  readonly subscribe: readonly string[];
  readonly backOff: BackOff;
  /** A connection that held this long has proven itself: the next wait starts small again. */
  readonly provenAfterMs: number;
  /** The topic and the payload a relay publishes for us when the connection breaks. */
  readonly lastWill: (connection: string) => { topic: string; payload: Uint8Array };
  readonly onOpen: (uplink: Uplink, connection: string) => void;
  readonly onMessage: (topic: string, payload: Uint8Array) => void;
  readonly onClose: (reason: string) => void;
}

/** Keeps one connection to one of several relays up, with a wait of full jitter after each that failed. */
export class Link {
  readonly #options: LinkOptions;
  readonly #turns: RelayTurns;
  #uplink: Uplink | null = null;
  #open = false;
  #timer: number | null = null;
  #proven: number | null = null;
  /** The relay of this connection asked to come back later. */
  #sentAway = false;
  #stopped = false;
  /** Connections that were up. */
  connects = 0;
  /** Attempts that failed, and connections that broke. */
  failures = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#turns = new RelayTurns(options.relays);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** The relay of the current or next attempt. */
  get relay(): RelayAddress {
    return this.#turns.relay;
  }

  start(): void {
    this.#attempt();
  }

  /** Ends the connection in good order and makes no other. */
  stop(done: () => void): void {
    this.#stopped = true;
    this.#cancelTimers();
    const uplink = this.#uplink;
    if (uplink === null) done();
    else uplink.close(done);
  }

  /**
   * The relay asks to come back after `ms`: the connection ends at once, without a wait for what is not acknowledged. The next
   * relay is tried soon; where there is none, or all have asked, the one whose time comes first, when it has come.
   */
  comeBackAfter(ms: number): void {
    if (this.#uplink === null || this.#stopped || ms <= 0) return;
    this.#turns.hint(ms, this.#options.host.mono());
    this.#sentAway = true;
    this.#uplink.leave(`the relay asks to come back after ${ms} ms`);
  }

  #attempt(): void {
    const { host, lastWill, clientId, keepAliveSeconds, subscribe } = this.#options;
    const connection = randomHex(host.random, 16);
    const will = lastWill(connection);
    const uplink = this.#options.createUplink();
    this.#uplink = uplink;
    uplink.connect(
      { relay: this.relay, clientId, keepAliveSeconds, lastWill: { ...will, retain: true }, subscribe },
      {
        onOpen: () => {
          this.#open = true;
          this.connects++;
          this.#proven = host.timer(() => {
            this.#proven = null;
            this.#options.backOff.succeeded();
          }, this.#options.provenAfterMs);
          host.log('info', 'connected to the relay', { relay: addressText(this.relay), connection });
          this.#options.onOpen(uplink, connection);
        },
        onMessage: (topic, payload) => this.#options.onMessage(topic, payload),
        onClose: (reason, refused) => this.#closed(reason, refused),
      },
    );
  }

  #closed(reason: string, refused?: boolean): void {
    const wasOpen = this.#open;
    this.#open = false;
    this.#uplink = null;
    this.#cancelTimers();
    if (wasOpen) this.#options.onClose(reason);
    if (this.#stopped) return;
    this.failures++;
    const failed = addressText(this.relay);
    const now = this.#options.host.mono();
    // A broken connection is tried at the same relay once more; one that could not be made goes on to the next.
    if (!wasOpen || this.#sentAway || this.#options.backOff.failures > 0) this.#turns.next(now);
    this.#sentAway = false;
    const wait = this.#options.backOff.next(this.#turns.heldMs(now), refused);
    this.#options.host.log(wasOpen ? 'warn' : 'info', 'no connection to the relay, waiting', {
      relay: failed,
      reason,
      wait_ms: Math.round(wait),
      failures: this.#options.backOff.failures,
    });
    this.#timer = this.#options.host.timer(() => {
      this.#timer = null;
      this.#attempt();
    }, wait);
  }

  #cancelTimers(): void {
    if (this.#timer !== null) this.#options.host.cancel(this.#timer);
    if (this.#proven !== null) this.#options.host.cancel(this.#proven);
    this.#timer = null;
    this.#proven = null;
  }
}
