import type { Host, Uplink, UplinkEvents } from '../../../collector/core/host.ts';
import { BackOff } from '../../../collector/core/uplink/back-off.ts';
import { Homecoming } from '../../../collector/core/uplink/homecoming.ts';
import { Link } from '../../../collector/core/uplink/link.ts';
import { encodeControl } from '../../../proto/control.ts';

/** One connection to a relay, as the relay has it. */
export class Connection {
  readonly port: number;
  readonly events: UplinkEvents;
  /** How the host ended it, if it did. */
  end = '';
  constructor(port: number, events: UplinkEvents) {
    this.port = port;
    this.events = events;
  }

  /** The relay takes the host in, and says so. */
  welcome(): void {
    this.events.onOpen();
    this.say({ time: 1 });
  }

  say(control: Parameters<typeof encodeControl>[0]): void {
    this.events.onMessage('fleet/h1/control', encodeControl(control));
  }
}

/** A link whose relays do as they are told, on a clock of its own; the jitter is half of what it may be. */
export class Bench {
  time = 0;
  /** Ports that were tried, with when. */
  readonly tried: [number, number][] = [];
  readonly reasons: string[] = [];
  readonly connections: Connection[] = [];
  /** What the collector was told, in order. */
  readonly told: string[] = [];
  readonly link: Link;
  /** A relay that is left acknowledges what is under way. */
  acknowledges = true;
  #due: { run: () => void; at: number; id: number }[] = [];

  constructor(ports: readonly number[], homecomingMs = 0) {
    let ids = 0;
    const host = {
      mono: () => this.time,
      random: (into: Uint8Array) => into.fill(0).fill(128, 0, 1),
      log: (_level: string, message: string, facts: { reason?: string }) => {
        if (message.startsWith('no connection')) this.reasons.push(facts.reason ?? '');
      },
      timer: (run: () => void, ms: number) => {
        this.#due.push({ run, at: this.time + ms, id: ++ids });
        return ids;
      },
      cancel: (id: number) => {
        this.#due = this.#due.filter((timer) => timer.id !== id);
      },
    } as unknown as Host;
    this.link = new Link({
      host,
      createUplink: (): Uplink => {
        let mine: Connection;
        return {
          connect: (options, events) => {
            this.tried.push([options.relay.port, Math.round(this.time)]);
            mine = new Connection(options.relay.port, events);
            this.connections.push(mine);
          },
          publish: () => undefined,
          close: (done) => {
            mine.end = 'closing';
            if (!this.acknowledges) return;
            mine.end = 'closed';
            mine.events.onClose('closed');
            done();
          },
          leave: (reason) => {
            mine.end = 'left';
            mine.events.onClose(reason);
          },
        };
      },
      relays: ports.map((port) => ({ host: 'relay', port })),
      clientId: 'h1',
      keepAliveSeconds: 60,
      subscribe: [],
      backOff: new BackOff({ baseMs: 1000, capMs: 1000, random: (into) => host.random(into) }),
      homecoming: new Homecoming({ ms: homecomingMs, random: (into) => host.random(into) }),
      provenAfterMs: 1e9,
      lastWill: () => ({ topic: 't', payload: new Uint8Array() }),
      onOpen: () => this.told.push(`open ${this.link.relay.port}`),
      onMessage: (topic) => this.told.push(topic.split('/').at(-1)!),
      onLeaving: (to) => this.told.push(`leaving for ${to.port}`),
      onClose: () => this.told.push('close'),
    });
    this.link.start();
  }

  get last(): Connection {
    return this.connections.at(-1)!;
  }

  /** Until the next attempt. */
  pass(): void {
    const timer = this.#due.filter(({ at }) => at < 1e9).sort((a, b) => a.at - b.at)[0]!;
    this.#due = this.#due.filter(({ id }) => id !== timer.id);
    this.time = timer.at;
    timer.run();
  }

  /** The connection has held for long enough. */
  prove(): void {
    const timer = this.#due.find(({ at }) => at >= 1e9)!;
    this.#due = this.#due.filter(({ id }) => id !== timer.id);
    timer.run();
  }

  sentAway(ms: number): void {
    this.last.events.onOpen();
    this.link.comeBackAfter(ms);
    this.pass();
  }

  /** The first relay refuses, the second takes the host in. */
  flee(): Connection {
    this.last.events.onClose('refused');
    this.pass();
    this.last.welcome();
    return this.last;
  }
}
