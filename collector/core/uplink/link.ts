import type { Host, Uplink } from '../host.ts';
import { randomHex } from '../random.ts';
import type { BackOff } from './back-off.ts';
import type { Homecoming } from './homecoming.ts';
import type { Line, LineEvents } from './line.ts';
import { addressText, type RelayAddress, RelayTurns } from './relay-turns.ts';
import { type NotTaken, SecondLine } from './second-line.ts';

export interface LinkOptions {
  readonly host: Pick<Host, 'mono' | 'random' | 'timer' | 'cancel' | 'log'>;
  readonly createUplink: () => Uplink;
  /** In the order of this host, the best first. */
  readonly relays: readonly RelayAddress[];
  readonly clientId: string;
  readonly keepAliveSeconds: number;
  readonly subscribe: readonly string[];
  readonly backOff: BackOff;
  readonly homecoming: Homecoming;
  /** A connection that held this long has proven itself: the next wait starts small again. */
  readonly provenAfterMs: number;
  /** The topic and the payload a relay publishes for us when the connection breaks. */
  readonly lastWill: (connection: string) => { topic: string; payload: Uint8Array };
  readonly onOpen: (uplink: Uplink, connection: string) => void;
  readonly onMessage: (topic: string, payload: Uint8Array) => void;
  /** Another relay has taken the host in: nothing more is to be sent here but a goodbye. `onOpen` with the other follows, soon. */
  readonly onLeaving: (to: RelayAddress) => void;
  readonly onClose: (reason: string) => void;
}

/** What the relay that is left has not acknowledged within this is sent again to the other, ms. */
const GOODBYE_MS = 2000;

/**
 * Keeps a connection to one of several relays up, with a wait of full jitter after each that failed. It goes over to another relay where the present
 * one asks for it and serves on, and home to the first of its order: the other relay takes the host in before this one is left.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #turns: RelayTurns;
  #line: Line | null = null;
  #open = false;
  #second: SecondLine | null = null;
  #timer: number | null = null;
  #proven: number | null = null;
  /** The next try to go home, or to go over where the relay asked for it. */
  #moving: number | null = null;
  /** The first relay has served for a while, when this is due. */
  #trusted: number | null = null;
  /** The relay of this connection asked to come back later. */
  #sentAway = false;
  #stopped = false;
  /** Connections that were up. */
  connects = 0;
  /** Attempts that failed, and connections that broke. */
  failures = 0;
  /** Of the connections that were up: those that were made before another was left. */
  handOvers = 0;
  /** Times that no better relay, or no other, took the host in, and it stayed. */
  staysPut = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#turns = new RelayTurns(options.relays);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Whether it is connected to the first relay of its order. */
  get isHome(): boolean {
    return this.#open && this.#turns.place === 0;
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
    this.#second?.abandon('the collector stops');
    this.#second = null;
    if (this.#line === null) done();
    else this.#line.uplink.close(done);
  }

  /**
   * The relay asks to come back after `ms`. Where it serves on for a while and there are others, one of them is gone over to, and until one takes the
   * host in it stays, as long as it may. Otherwise the connection ends at once, without a wait for what is not acknowledged, and the best of the others
   * is tried soon; where there is none, or all have asked, the one whose time comes first, when it has come. 0: it takes back that it asked, and the connection stays.
   */
  comeBackAfter(ms: number, servesMs = 0): void {
    if (this.#line === null || this.#stopped) return;
    const now = this.#options.host.mono();
    this.#turns.hint(ms, now);
    if (ms <= 0) {
      this.#welcomeAgain();
      return;
    }
    this.#sentAway = true;
    if (servesMs > 0 && this.#turns.othersHeldMs(now) !== null) {
      if (this.#second !== null) return;
      if (this.#moving !== null) this.#options.host.cancel(this.#moving);
      this.#goOver(this.#turns.others(now));
      return;
    }
    this.#line.uplink.leave(`the relay asks to come back after ${ms} ms`);
  }

  /** A relay that is just being asked is heard out: broken off, it would call a host dead that it took in. */
  #welcomeAgain(): void {
    if (!this.#sentAway) return;
    this.#sentAway = false;
    if (this.#second !== null) return;
    if (this.#moving !== null) this.#options.host.cancel(this.#moving);
    this.#moving = null;
    this.#planHomecoming();
  }

  #attempt(): void {
    const line = this.#dial(this.#turns.place, {
      onOpen: () => this.#opened(line),
      onMessage: this.#options.onMessage,
      onClose: (reason, refused) => this.#closed(line, reason, refused),
    });
    this.#line = line;
  }

  #dial(place: number, events: LineEvents): Line {
    const { host, lastWill, clientId, keepAliveSeconds, subscribe, createUplink } = this.#options;
    const connection = randomHex(host.random, 16);
    const will = lastWill(connection);
    const uplink = createUplink();
    const relay = this.#turns.at(place);
    uplink.connect({ relay, clientId, keepAliveSeconds, lastWill: { ...will, retain: true }, subscribe }, events);
    return { uplink, connection, place };
  }

  #opened(line: Line): void {
    const { host, backOff, homecoming, provenAfterMs, onOpen } = this.#options;
    const { uplink, connection } = line;
    this.#open = true;
    this.connects++;
    this.#proven = host.timer(() => {
      this.#proven = null;
      backOff.succeeded();
      this.#turns.served();
    }, provenAfterMs);
    if (line.place === 0 && !homecoming.never) {
      this.#trusted = host.timer(() => {
        this.#trusted = null;
        homecoming.trusted();
      }, homecoming.trustAfterMs);
    } else this.#planHomecoming();
    host.log('info', 'connected to the relay', { relay: addressText(this.relay), connection });
    onOpen(uplink, connection);
  }

  #planHomecoming(): void {
    const { host, homecoming } = this.#options;
    if (homecoming.never || this.#stopped || this.#turns.place === 0) return;
    this.#moving = host.timer(
      () => {
        this.#moving = null;
        if (this.#second !== null || this.#sentAway) return;
        const better = this.#turns.better(host.mono());
        if (better.length === 0) {
          this.#planHomecoming();
          return;
        }
        homecoming.tried();
        this.#goOver(better);
      },
      homecoming.wait(this.#turns.heldMs(host.mono(), 0)),
    );
  }

  /** Goes over to the first of these places whose relay takes the host in, and stays where it is until then. */
  #goOver([place, ...rest]: readonly number[]): void {
    const { host } = this.#options;
    if (place === undefined) {
      this.#stay();
      return;
    }
    const relay = addressText(this.#turns.at(place));
    host.log('info', 'going over to another relay', { relay, from: addressText(this.relay) });
    this.#second = new SecondLine({
      host,
      dial: (at, events) => this.#dial(at, events),
      place,
      onWelcome: (second) => this.#leaveFor(second),
      onNotTaken: (why) => this.#notTaken(why, rest),
    });
  }

  #notTaken({ place, reason, comeBackAfterMs, refused }: NotTaken, rest: readonly number[]): void {
    const { host } = this.#options;
    this.#second = null;
    this.failures++;
    if (comeBackAfterMs > 0) this.#turns.hint(comeBackAfterMs, host.mono(), place);
    host.log('info', 'the other relay does not take this host in', {
      relay: addressText(this.#turns.at(place)),
      reason,
    });
    // One that is welcome again meanwhile only goes to a better one.
    if (this.#line !== null) this.#goOver(this.#sentAway ? rest : rest.filter((at) => at < this.#turns.place));
    else {
      // The relay that served is gone meanwhile.
      this.#turns.take(place);
      this.#turns.next(host.mono());
      this.#waitFor(this.#turns.at(place), reason, refused);
    }
  }

  /** No relay took the host in: it goes on here, and tries again later. */
  #stay(): void {
    const { host, backOff } = this.#options;
    this.staysPut++;
    if (!this.#sentAway) {
      this.#planHomecoming();
      return;
    }
    this.#moving = host.timer(
      () => {
        this.#moving = null;
        this.#goOver(this.#turns.others(host.mono()));
      },
      backOff.next(this.#turns.othersHeldMs(host.mono()) ?? 0),
    );
  }

  /** The other relay has taken the host in: goodbye to this one, which may acknowledge for a moment what is under way. */
  #leaveFor(second: SecondLine): void {
    const { host, onLeaving } = this.#options;
    const old = this.#line;
    const { line } = second;
    this.#cancelTimers();
    if (old === null) {
      this.#take(second);
      return;
    }
    onLeaving(this.#turns.at(line.place));
    let left = false;
    const gone = () => {
      if (left) return;
      left = true;
      host.cancel(timer);
      if (this.#stopped) return;
      if (this.#second === second) this.#take(second);
      // The other one broke meanwhile.
      else this.#closed(old, 'left for another relay');
    };
    const timer = host.timer(() => {
      old.uplink.leave('gone over to another relay');
      gone();
    }, GOODBYE_MS);
    old.uplink.close(gone);
  }

  #take(second: SecondLine): void {
    const { line } = second;
    this.#second = null;
    this.#line = line;
    this.#sentAway = false;
    this.#turns.take(line.place);
    this.handOvers++;
    this.#opened(line);
    second.handTo({
      onOpen: () => undefined,
      onMessage: this.#options.onMessage,
      onClose: (reason, refused) => this.#closed(line, reason, refused),
    });
  }

  #closed(line: Line, reason: string, refused?: boolean): void {
    // One that was left says so, too.
    if (line !== this.#line) return;
    const wasOpen = this.#open;
    this.#open = false;
    this.#line = null;
    this.#cancelTimers();
    if (wasOpen) this.#options.onClose(reason);
    // Another relay is just being asked, or has taken the host in.
    if (this.#stopped || this.#second !== null) return;
    this.failures++;
    const failed = this.relay;
    // A broken connection is tried at the same relay once more; one that could not be made goes on to the next.
    if (!wasOpen || this.#sentAway || this.#options.backOff.failures > 0) this.#turns.next(this.#options.host.mono());
    this.#waitFor(failed, reason, refused, wasOpen ? 'warn' : 'info');
  }

  #waitFor(failed: RelayAddress, reason: string, refused = false, level: 'warn' | 'info' = 'info'): void {
    const { host, backOff } = this.#options;
    this.#sentAway = false;
    const wait = backOff.next(this.#turns.heldMs(host.mono()), refused);
    host.log(level, 'no connection to the relay, waiting', {
      relay: addressText(failed),
      reason,
      wait_ms: Math.round(wait),
      failures: backOff.failures,
    });
    this.#timer = host.timer(() => {
      this.#timer = null;
      this.#attempt();
    }, wait);
  }

  #cancelTimers(): void {
    for (const timer of [this.#timer, this.#proven, this.#moving, this.#trusted]) {
      if (timer !== null) this.#options.host.cancel(timer);
    }
    this.#timer = null;
    this.#proven = null;
    this.#moving = null;
    this.#trusted = null;
  }
}
