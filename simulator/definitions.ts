import { createHash } from 'node:crypto';
import { type Hash, hashOf } from '../proto/hash.ts';
import { compareSeries, encodePage } from '../proto/page.ts';
import type { Recording } from './recording.ts';

const PAGE_SERIES = 256;

/** A page of the recorded series: its bytes, and which column of a recorded row stands at each of its places. */
export interface SimulatedPage {
  readonly hash: Hash;
  readonly bytes: Uint8Array;
  readonly columns: Int32Array;
}

export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** The pages that all hosts of one kind share: the whole fleet costs one dictionary. */
export function simulatedPages(series: Recording['series']): SimulatedPage[] {
  const sorted = series
    .map(({ name, labels }, column) => ({
      column,
      series: {
        name,
        labels: [...labels, ['job', 'node'] as const].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      },
    }))
    .toSorted((a, b) => compareSeries(a.series, b.series));
  const pages: SimulatedPage[] = [];
  for (let from = 0; from < sorted.length; from += PAGE_SERIES) {
    const part = sorted.slice(from, from + PAGE_SERIES);
    const bytes = encodePage(part.map((entry) => entry.series));
    pages.push({ hash: hashOf(bytes, sha256), bytes, columns: Int32Array.from(part, (entry) => entry.column) });
  }
  return pages;
}
