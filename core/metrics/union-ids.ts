import { SeriesBits } from './days.ts';
import type { Work } from './turns.ts';

/** Ids looked at between two pauses. */
const PAUSE = 8_192;

/** The ids of all lists, ascending, each once. */
export function* unionIds(lists: readonly number[][]): Work<number[]> {
  const bits = new SeriesBits();
  let end = 0;
  for (const list of lists) {
    for (const id of list) bits.add(id);
    end = Math.max(end, (list.at(-1) ?? -1) + 1);
    yield;
  }
  const out: number[] = [];
  for (let id = 0; id < end; id++) {
    if (id % PAUSE === PAUSE - 1) yield;
    if (bits.has(id)) out.push(id);
  }
  return out;
}
