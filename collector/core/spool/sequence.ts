import { Ranges } from '../../../lib/ranges.ts';

/** The numbers of one class in this boot: what comes next, and below which number nothing is open any more. */
export class Sequence {
  readonly #done = new Ranges();
  #next = 1;

  /** The number the next frame gets. */
  get next(): number {
    return this.#next;
  }

  /** The last number was taken: its frame is durable in the spool. */
  take(): void {
    this.#next++;
  }

  /** Everything below is acknowledged, or declared dropped by a frame that is acknowledged. */
  get floor(): number {
    const first = this.#done.missing(1, this.#next)[0];
    return first === undefined ? this.#next : first[0];
  }

  /** Acknowledged, or declared. */
  finish(from: number, to: number = from): void {
    this.#done.addRange(from, to);
  }

  /** Numbers that were given and are not finished. */
  unfinished(): [number, number][] {
    return this.#done.missing(1, this.#next - 1);
  }

  /** What is finished above the floor, for the status message; at most so many intervals. */
  finishedAboveFloor(most: number): [number, number][] {
    const floor = this.floor;
    return this.#done
      .pairs()
      .filter(([from]) => from > floor)
      .slice(0, most);
  }
}
