import { HeliographError } from '../errors.ts';
import { heapShare } from '../heap-share.ts';

/** Of one request, about: a label, a text or a series takes some hundred bytes of memory, and counts as several. */
const MOST = heapShare(400, 4_000_000);
/** What a text or an object counts, beside a number or what is read over. */
export const OBJECT = 4;

/**
 * Counts what a body is made of while it is read: in a form of two bytes a part, one that is allowed by its size would take gigabytes of memory.
 */
export class Parts {
  readonly #most: number;
  #count = 0;

  constructor(most = MOST) {
    this.#most = most;
  }

  /** @throws HeliographError HG_DOOR_BODY */
  add(count: number): void {
    this.#count += count;
    if (this.#count > this.#most) throw tooMany(this.#most, 'parts');
  }
}

/** A request that is to come again as several. */
export function tooMany(max: number, what: string): HeliographError {
  return new HeliographError('HG_DOOR_BODY', `more than ${max} ${what} in one request; send smaller ones`, { max });
}
