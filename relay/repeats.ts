import type { JournalRecord } from '../lib/journal/contract.ts';
import type { SequenceState } from './sequences.ts';

type Place = Pick<JournalRecord, 'start' | 'end' | 'items'>;

/** So many wait at most; then the class reads no further until a block is settled. */
const MOST = 100_000;

/**
 * Records that repeat a frame which is with the core: done when that one is done, and not before, or a crash in between
 * could lose both.
 */
export class Repeats {
  readonly #waiting = new Map<SequenceState, Map<number, Place[]>>();
  #count = 0;

  /** A client that repeats one frame at full speed must not fill the memory while the core takes its time. */
  get full(): boolean {
    return this.#count >= MOST;
  }

  add(state: SequenceState, sequence: number, { start, end, items }: Place): void {
    let numbers = this.#waiting.get(state);
    if (!numbers) {
      numbers = new Map();
      this.#waiting.set(state, numbers);
    }
    const places = numbers.get(sequence);
    if (places) places.push({ start, end, items });
    else numbers.set(sequence, [{ start, end, items }]);
    this.#count++;
  }

  /** Those of a number that is settled now; they wait no longer. */
  settled(state: SequenceState, sequence: number): readonly Place[] {
    const numbers = this.#waiting.get(state);
    const places = numbers?.get(sequence);
    if (!numbers || !places) return [];
    numbers.delete(sequence);
    if (numbers.size === 0) this.#waiting.delete(state);
    this.#count -= places.length;
    return places;
  }
}
