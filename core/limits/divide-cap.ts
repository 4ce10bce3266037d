/** Room beyond what was seen, so that a relay's next series need not wait for a new division: a tenth, and some, but of a small cap next to none. */
const AHEAD = 0.1;
const SOME = 8;
const SOME_OF_CAP = 0.05;

/**
 * Divides a cap over those that share it, by the series that each has seen. Where all find room, each has what it saw and an equal part of the rest; where
 * they do not, nobody has more than the larger ones get, which is equal, and nobody less than it saw or that.
 * @returns whole numbers, whose sum is `most`, or 0 where nobody shares
 */
export function divideCap(most: number, seen: readonly number[]): number[] {
  const some = Math.min(SOME, Math.floor(most * SOME_OF_CAP));
  const wants = seen.map((count) => Math.ceil(count * (1 + AHEAD)) + some);
  const parts = new Array<number>(seen.length).fill(0);
  let rest = most;
  let open = wants.map((_, at) => at);
  for (;;) {
    if (open.length === 0) break;
    const equal = Math.floor(rest / open.length);
    const content = open.filter((at) => wants[at]! <= equal);
    if (content.length === 0) break;
    for (const at of content) {
      parts[at] = wants[at]!;
      rest -= wants[at]!;
    }
    open = open.filter((at) => wants[at]! > equal);
  }
  // The larger ones, or all, where everybody has found room.
  const last = open.length > 0 ? open : wants.map((_, at) => at);
  for (const [i, at] of last.entries()) {
    const more = Math.floor(rest / last.length) + (i < rest % last.length ? 1 : 0);
    parts[at]! += more;
  }
  return parts;
}
