const LARGEST = 2n ** 63n - 1n;

/**
 * Does a come before b in the order a person would give them: disk2 before disk10? Runs of digits are compared as numbers, what
 * lies between them as text; of two that are equal as far as the shorter goes, the shorter is first.
 */
export function naturallyBefore(a: string, b: string): boolean {
  const [left, right] = [chunks(a), chunks(b)];
  for (const [i, chunk] of left.entries()) {
    const other = right[i];
    if (other === undefined) return false;
    const [x, y] = [integer(chunk), integer(other)];
    const numbers = x !== undefined && y !== undefined;
    if (numbers ? x === y : chunk === other) {
      if (i === left.length - 1) return true;
      continue;
    }
    return numbers ? x < y : chunk < other;
  }
  return false;
}

function chunks(text: string): string[] {
  return text.match(/\d+|\D+/g) ?? [];
}

/** undefined for text, and for what is more than 64 bits hold. */
function integer(chunk: string): bigint | undefined {
  if (!/^\d/.test(chunk)) return undefined;
  const value = BigInt(chunk);
  return value > LARGEST ? undefined : value;
}
