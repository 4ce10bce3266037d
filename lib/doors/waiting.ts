import { HeliographError } from '../errors.ts';
import { Shares } from './shares.ts';

/** Bytes of bodies, packed and unpacked, that are coming in or on their way to the stores, and whose they are. */
export class Waiting {
  readonly #shares: Shares;
  #paused: (() => void)[] = [];
  readonly #ofClient = new Map<string, (() => void)[]>();

  constructor(most: number) {
    this.#shares = new Shares(most);
  }

  get bytes(): number {
    return this.#shares.bytes;
  }

  /**
   * @param beside of the client's bytes, those of the same body
   * @throws HeliographError HG_DOOR_BUSY; otherwise give the bytes back when they are done
   */
  enter(client: string, bytes: number, beside = 0): void {
    const shares = this.#shares;
    if (shares.exceeds(bytes)) throw new HeliographError('HG_DOOR_BUSY', `${shares.bytes} bytes are under way`);
    if (shares.unfair(client, bytes, beside)) {
      const what = `${shares.of(client)} bytes of ${client} are under way, which is its share`;
      throw new HeliographError('HG_DOOR_BUSY', what, { client });
    }
    shares.add(client, bytes);
  }

  /** Of what is here already, and cannot be refused; whoever adds so looks at `fullFor` before it reads more. */
  add(client: string, bytes: number): void {
    this.#shares.add(client, bytes);
  }

  /** Whether there is no room, or the client has its share of it. */
  fullFor(client: string): boolean {
    return this.#shares.full || this.#shares.unfair(client, 0);
  }

  /** Called once, when there may be room for the client again. */
  whenRoom(client: string, goOn: () => void): void {
    // Who has nothing here waits for the others.
    if (this.#shares.of(client) === 0) {
      this.#paused.push(goOn);
      return;
    }
    const own = this.#ofClient.get(client);
    if (own) own.push(goOn);
    else this.#ofClient.set(client, [goOn]);
  }

  leave(client: string, bytes: number): void {
    this.#shares.leave(client, bytes);
    const room = !this.fullFor(client);
    const own = this.#ofClient.get(client);
    if (own && (room || this.#shares.of(client) === 0)) {
      this.#ofClient.delete(client);
      if (!room) this.#paused.push(...own);
      else for (const goOn of own) goOn();
    }
    if (this.#shares.full || this.#paused.length === 0) return;
    const paused = this.#paused;
    this.#paused = [];
    for (const goOn of paused) goOn();
  }
}
