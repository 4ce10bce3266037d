import type { DayRows } from './day-writer.ts';
import { type HeadWindow, rowBytes } from './head.ts';

/** The rows of a day's file out of windows of the head. Encodes in small steps, so that queries and writes get their turn. */
export async function packRows(windows: readonly HeadWindow[]): Promise<DayRows> {
  const chunks: Uint8Array[] = [];
  let since = performance.now();
  for (const at of windows) {
    chunks.push(rowBytes(at));
    if (performance.now() - since > 10) {
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
  }
  const offsets = new Uint32Array(chunks.length + 1);
  chunks.forEach((chunk, i) => {
    offsets[i + 1] = offsets[i]! + chunk.length;
  });
  const bytes = new Uint8Array(offsets[chunks.length]!);
  chunks.forEach((chunk, i) => {
    bytes.set(chunk, offsets[i]!);
  });
  return {
    windows: Float64Array.from(windows, (at) => at.window),
    series: Int32Array.from(windows, (at) => at.series),
    offsets,
    bytes,
  };
}
