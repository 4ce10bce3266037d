/** More than these are sorted as a whole: putting each in its place among so many would cost more. */
const FEW = 1000;

/**
 * The first so many of `rows` in an order, without sorting the rest: of ten thousand hosts a screen shows fifty.
 * @param order less than 0: the first argument stands before the second
 */
export function firstRows<T>(rows: readonly T[], count: number, order: (a: T, b: T) => number): T[] {
  if (count <= 0) return [];
  if (count > FEW || count >= rows.length) return [...rows].sort(order).slice(0, count);
  const first: T[] = [];
  for (const row of rows) {
    if (first.length === count) {
      if (order(row, first[count - 1]!) >= 0) continue;
      first.pop();
    }
    first.splice(placeOf(row, first, order), 0, row);
  }
  return first;
}

/** Behind all that do not come after it. */
function placeOf<T>(row: T, sorted: readonly T[], order: (a: T, b: T) => number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(row, sorted[middle]!) < 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
