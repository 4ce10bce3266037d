import { HeliographError } from '../errors.ts';

/** Bytes of bodies, packed and unpacked, that are coming in or on their way to the stores. */
export class Waiting {
  readonly #most: number;
  #paused: (() => void)[] = [];
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

  /** Of what is here already, and cannot be refused; whoever adds so looks at `full` before it reads more. */
  add(bytes: number): void {
    this.bytes += bytes;
  }

  get full(): boolean {
    return this.bytes >= this.#most;
  }

  /** Called once, when it is full no more. */
  whenRoom(goOn: () => void): void {
    this.#paused.push(goOn);
  }

  leave(bytes: number): void {
    this.bytes -= bytes;
    if (this.full || this.#paused.length === 0) return;
    const paused = this.#paused;
    this.#paused = [];
    for (const goOn of paused) goOn();
  }
}
