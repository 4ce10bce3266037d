/** What a counter went up by from one sample to the next. It never goes down, so a smaller value is one that began again at 0. */
export function counterIncrease(before: number, value: number): number {
  return value < before ? value : value - before;
}
