import { STALE_HIGH, STALE_LOW } from '../../lib/ingest/sample-columns.ts';

/** The 32-bit halves of values, low before high: a NaN keeps its bits in them, and in a JavaScript number it need not. */
export function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** Whether that value is Prometheus' mark of a series that ended. */
export function isStale(words: Uint32Array, at: number): boolean {
  return words[at * 2 + 1] === STALE_HIGH && words[at * 2] === STALE_LOW;
}

export function setStale(words: Uint32Array, at: number): void {
  words[at * 2] = STALE_LOW;
  words[at * 2 + 1] = STALE_HIGH;
}
