import { seededRandom } from '../../simulator/random.ts';
import { cardNumbers } from './cards.ts';
import { NEAR_MISSES } from './near-misses.ts';
import { PLACES } from './places.ts';
import type { Random } from './random.ts';
import { SECRETS } from './secrets.ts';

/** A line in which a secret stands. */
export interface Planted {
  /** The kind that has to cover it. */
  readonly kind: string;
  /** What it is, more exactly: `Visa 16, spaces`. */
  readonly what: string;
  /** Where it stands. */
  readonly place: string;
  readonly line: string;
  /** Of it, what nobody may read afterwards. */
  readonly secret: string;
  /** Where that begins in the line, in UTF-16 units. */
  readonly at: number;
}

/** A line without a secret that looks as if it had one. */
export interface NearMiss {
  readonly what: string;
  readonly line: string;
}

const SEED = 20_261_130;

/** A random number below another, from 0, always the same ones. */
export function corpusRandom(seed = SEED): Random {
  const random = seededRandom(seed);
  return (below) => Math.floor(random() * below);
}

/** Lines with one secret each: every scheme's cards in every way they are written in every place, and `each` of every other secret in every place. */
export function* planted(each = 4, random = corpusRandom()): Generator<Planted> {
  for (const [place, [before, after]] of Object.entries(PLACES)) {
    for (const { what, number, groupedBySpace } of cardNumbers(random)) {
      // A number one space before or behind is the same to a reader as one group more.
      if (groupedBySpace && (/\d $/.test(before) || /^ \d/.test(after))) continue;
      yield { kind: 'card', what, place, line: before + number + after, secret: number, at: before.length };
    }
    for (const { kind, what, make } of SECRETS) {
      for (let i = 0; i < each; i++) {
        const { text, secret } = make(random);
        const at = before.length + text.lastIndexOf(secret);
        yield { kind, what, place, line: before + text + after, secret, at };
      }
    }
  }
}

/** `each` of every near-miss, in places by turns. */
export function* nearMisses(each: number, random = corpusRandom()): Generator<NearMiss> {
  const places = Object.values(PLACES);
  for (const [what, make] of Object.entries(NEAR_MISSES)) {
    for (let i = 0; i < each; i++) {
      const [before, after] = places[i % places.length]!;
      yield { what, line: before + make(random) + after };
    }
  }
}
