import { execFileSync } from 'node:child_process';

/** For benchmarks of networks (RFC 2544): no such address is anywhere else. */
const NETWORK = '198.18';

/** Namespaces of their own for collectors, each with a cable to this one that can be pulled. Wants root. */
export class Links {
  readonly #count: number;
  readonly #made: string[] = [];
  /** Where a collector finds this side of its cable. */
  readonly addresses: readonly string[];

  private constructor(count: number) {
    this.#count = count;
    this.addresses = Array.from({ length: count }, (_, number) => `${NETWORK}.${number}.1`);
  }

  /** @throws Error with what `ip` says, such as that it may not */
  static open(count: number): Links {
    const links = new Links(count);
    try {
      for (let number = 0; number < count; number++) links.#make(number);
    } catch (error) {
      links.close();
      throw error;
    }
    return links;
  }

  /** Stands before the command of what runs at the other end. */
  under(number: number): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name(number)];
  }

  /** The collector's link is down: what it sends and what is sent to it goes nowhere. */
  pull(number: number): void {
    ip('-n', this.#name(number), 'link', 'set', 'eth0', 'down');
  }

  plug(number: number): void {
    ip('-n', this.#name(number), 'link', 'set', 'eth0', 'up');
  }

  close(): void {
    // Both ends of its cable go with it.
    for (const name of this.#made.splice(0)) ip('netns', 'del', name);
  }

  #make(number: number): void {
    const name = this.#name(number);
    const here = `hg${process.pid % 100_000}-${number}`;
    ip('netns', 'add', name);
    this.#made.push(name);
    ip('link', 'add', here, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('addr', 'add', `${this.addresses[number]}/30`, 'dev', here);
    ip('link', 'set', here, 'up');
    ip('-n', name, 'addr', 'add', `${NETWORK}.${number}.2/30`, 'dev', 'eth0');
    for (const device of ['lo', 'eth0']) ip('-n', name, 'link', 'set', device, 'up');
  }

  #name(number: number): string {
    return `heliograph-${process.pid}-${number}-of-${this.#count}`;
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
