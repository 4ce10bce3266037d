/** ms on a clock that never steps and is the same in all threads of the process (that of `performance` is not). */
export function processClock(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
