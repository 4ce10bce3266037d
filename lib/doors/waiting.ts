import { HeliographError } from '../errors.ts';

/** Bytes of bodies, packed and unpacked, that are coming in or on their way to the stores. */
export class Waiting {
  readonly #most: number;
  bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** @throws HeliographError HG_DOOR_BUSY; otherwise give the bytes back when they are done */
  enter(bytes: number): void {
    if (this.bytes > 0 && this.bytes + bytes > this.#most) {
      throw new HeliographError('HG_DOOR_BUSY', `${this.bytes} bytes are under way`);
    }
    this.bytes += bytes;
  }

  leave(bytes: number): void {
    this.bytes -= bytes;
  }
}
