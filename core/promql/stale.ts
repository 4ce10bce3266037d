import type { SeriesSamples } from '../ports/metric-store.ts';

/**
 * Prometheus' staleness marker is the NaN with bits 0x7ff0000000000002: "this series ended here". A JavaScript number need not
 * keep a NaN's bits through arithmetic, so they are read where they lie, in the array's buffer (little-endian machines).
 */
export function staleness(values: Float64Array): (index: number) => boolean {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  return (index) => words[2 * index] === 2 && words[2 * index + 1] === 0x7ff00000;
}

/** Writes a staleness marker into the array (tests and writers). */
export function markStale(values: Float64Array, index: number): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  words[2 * index] = 2;
  words[2 * index + 1] = 0x7ff00000;
}

/** The samples without staleness markers, which range functions never see. The same arrays where there is none. */
export function withoutStale(series: SeriesSamples): { times: Float64Array; values: Float64Array } {
  const { times, values } = series;
  const isStale = staleness(values);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i]) && isStale(i)) count++;
  if (count === 0) return { times, values };
  const keptTimes = new Float64Array(times.length - count);
  const keptValues = new Float64Array(times.length - count);
  let to = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]) && isStale(i)) continue;
    keptTimes[to] = times[i]!;
    keptValues[to++] = values[i]!;
  }
  return { times: keptTimes, values: keptValues };
}
