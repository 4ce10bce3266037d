import { decode, encode } from 'cbor-x';
import { HeliographError } from '../../lib/errors.ts';
import { type DeadLetter, keyOf } from '../ledger/dead-letters.ts';
import type { LineLetter } from '../ledger/refused-lines.ts';
import { keyOfSeries, type SeriesLetter } from '../ledger/refused-series.ts';
import type { Objects } from '../ports/objects.ts';

/** Letters of one object, by the id they have in the list. */
export interface KeptLetters {
  readonly frames: ReadonlyMap<string, DeadLetter>;
  readonly lines: ReadonlyMap<string, LineLetter>;
  readonly series: ReadonlyMap<string, SeriesLetter>;
}

/** Reads the objects of dead letters; null when the object is not there. @throws HeliographError HG_OBJECT_RECORD, or of the objects */
export async function readLetters(objects: Objects, object: string): Promise<KeptLetters | null> {
  const bytes = await objects.get(object);
  if (bytes === null) return null;
  try {
    const read = decode(bytes) as { letters?: DeadLetter[]; lines?: LineLetter[] } | SeriesLetter;
    // The series of a frame have an object of their own.
    if ('series' in read) {
      return { frames: new Map(), lines: new Map(), series: new Map([[`series-${keyOfSeries(read.id)}`, read]]) };
    }
    const { letters = [], lines = [] } = read;
    return {
      frames: new Map(letters.map((letter) => [`frame-${keyOf(letter)}`, letter])),
      lines: new Map(lines.map((line) => [`line-${line.key}`, line])),
      series: new Map(),
    };
  } catch (cause) {
    throw new HeliographError('HG_OBJECT_RECORD', `${object}: ${String(cause)}`, { object }, cause);
  }
}

/** The name of what stays of an object. Never one that was there: an object only becomes smaller, and the count stands at its end. */
export function restName(object: string, count: number): string {
  return `${object.replace(/-\d+$/, '')}-${count}`;
}

/** Writes those of an object's letters that stay to an object of their own, durably. */
export async function writeRest(
  objects: Objects,
  rest: string,
  kept: KeptLetters,
  stay: ReadonlySet<string>,
): Promise<void> {
  const letters = [...kept.frames].filter(([id]) => stay.has(id)).map(([, letter]) => letter);
  const lines = [...kept.lines].filter(([id]) => stay.has(id)).map(([, line]) => line);
  await objects.put(rest, encode(letters.length > 0 ? { v: 1, letters } : { v: 2, lines }));
}
