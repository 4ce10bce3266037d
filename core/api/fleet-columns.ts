import type { Fleet } from '../fleet/fleet.ts';
import { connectedRelays } from '../fleet/relay-key.ts';

/** How long an answer is good for: ten people who look do not make ten times the work. */
const KEEP_MS = 1000;

/**
 * The whole fleet as one small text: a column an attribute, words that repeat as places in a dictionary. 10,000 hosts are
 * some 600 KB of it, which a browser reads in a few ms, where objects are ten times as much.
 */
export class FleetColumns {
  readonly #fleet: Fleet;
  readonly #now: () => number;
  #made: { at: number; text: string } | null = null;

  constructor(fleet: Fleet, now: () => number) {
    this.#fleet = fleet;
    this.#now = now;
  }

  json(): string {
    const now = this.#now();
    if (!this.#made || now - this.#made.at > KEEP_MS || now < this.#made.at)
      this.#made = { at: now, text: this.#make(now) };
    return this.#made.text;
  }

  #make(time: number): string {
    const words: string[] = [];
    const places = new Map<string, number>();
    const word = (text: string | null): number => {
      if (text === null) return -1;
      let place = places.get(text);
      if (place === undefined) {
        place = words.push(text) - 1;
        places.set(text, place);
      }
      return place;
    };
    const hosts = this.#fleet.hosts();
    return JSON.stringify({
      time,
      relays: connectedRelays(this.#fleet.relays()),
      words,
      columns: {
        host: hosts.map((host) => host.host),
        state: hosts.map((host) => word(host.state)),
        since: hosts.map((host) => host.since),
        lastSeen: hosts.map((host) => host.lastSeen),
        reason: hosts.map((host) => word(host.reason)),
        relay: hosts.map((host) => word(host.relay)),
        site: hosts.map((host) => word(host.site)),
        version: hosts.map((host) => word(host.version)),
        profile: hosts.map((host) => word(host.profile)),
        series: hosts.map((host) => host.series),
        backlog: hosts.map((host) => host.backlog.items),
        clockSkewMs: hosts.map((host) => Math.round(host.clockSkewMs)),
      },
    });
  }
}
