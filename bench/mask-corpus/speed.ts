import type { MaskStage } from '../../lib/mask/mask.ts';

/** As a collector's tail gives them, whole lines. */
const BATCH_BYTES = 524_288;
const LEAST_BYTES = 60e6;
const NEWLINE = 10;

/** CPU seconds a GB of a mask over fresh copies of the same lines, after one round that does not count. */
export function perGigabyte(
  stage: MaskStage,
  lines: Uint8Array,
): { readonly cpuSeconds: number; readonly rounds: number } {
  const work = new Uint8Array(lines.length);
  const rounds = Math.ceil(LEAST_BYTES / lines.length);
  let spent = 0;
  for (let round = 0; round <= rounds; round++) {
    work.set(lines);
    const before = process.cpuUsage();
    for (let at = 0; at < work.length; ) {
      let end = Math.min(work.length, at + BATCH_BYTES);
      while (end > at && work[end - 1] !== NEWLINE) end--;
      stage.bytes(work.subarray(at, end));
      at = end;
    }
    const { user, system } = process.cpuUsage(before);
    if (round > 0) spent += user + system;
  }
  return { cpuSeconds: spent / 1e6 / ((rounds * lines.length) / 1e9), rounds };
}
