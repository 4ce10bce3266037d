import type { HostPlace, ToRules } from './link.ts';

/** Where the relay's hosts are, when several workers have them: what the supervisor last said. */
export class ToldHosts {
  readonly #places = new Map<string, HostPlace>();
  /** Whether it has said of all of them. */
  whole = false;

  take({ whole, hosts }: Extract<ToRules, { kind: 'hosts' }>): void {
    if (whole) {
      this.#places.clear();
      this.whole = true;
    }
    for (const [host, place] of hosts) {
      if (place === 'gone') this.#places.delete(host);
      else this.#places.set(host, place);
    }
  }

  *connected(): Generator<{ host: string }> {
    for (const [host, place] of this.#places) if (place === 'here') yield { host };
  }

  is(host: string, place: HostPlace): boolean {
    return this.#places.get(host) === place;
  }
}
