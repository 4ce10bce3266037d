/**
 * Walks the longest stretches of bytes of one class in bytes[from, to) that have `least` bytes or more. Of the bytes between, one in `least` is looked at:
 * no stretch of that length stands between two of them.
 * @param table of 256: 1 for the bytes of the class
 * @param look given where a stretch begins and ends; may change its bytes
 * @returns the sum of what `look` returned
 */
export function eachStretch(
  table: Uint8Array,
  least: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  look: (start: number, end: number) => number,
): number {
  let sum = 0;
  for (let at = from + least - 1; at < to; at += least) {
    if (table[bytes[at]!] === 0) continue;
    let start = at;
    while (start > from && table[bytes[start - 1]!] === 1) start--;
    let end = at + 1;
    while (end < to && table[bytes[end]!] === 1) end++;
    if (end - start >= least) sum += look(start, end);
    at = end - 1;
  }
  return sum;
}
