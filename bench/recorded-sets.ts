import { LIMITS } from '../proto/limits.ts';
import type { Recording } from '../simulator/recording.ts';

/** A part of a recording, cut into pages: the values of page p are row-major over `pages[p].n` series. */
export interface RecordedSet {
  readonly name: string;
  readonly series: number;
  readonly times: Float64Array;
  readonly pages: readonly { readonly n: number; readonly values: Float64Array }[];
}

/** How often each series differs from its row before, in bits. */
function changes(recording: Recording): Uint32Array {
  const n = recording.series.length;
  const words = new Uint32Array(recording.values.buffer, recording.values.byteOffset, recording.values.length * 2);
  const counts = new Uint32Array(n);
  for (let at = n; at < recording.values.length; at++) {
    const before = at - n;
    if (words[at * 2] !== words[before * 2] || words[at * 2 + 1] !== words[before * 2 + 1]) counts[at % n]!++;
  }
  return counts;
}

/** The three sets of the recording's README, at 1 s or 10 s (every tenth row). */
export function recordedSets(recording: Recording, every: number): RecordedSet[] {
  const counts = changes(recording);
  const rows = recording.times.length;
  const all = recording.series.map((_, j) => j);
  const device = (j: number) => recording.series[j]!.labels.find(([name]) => name === 'device')?.[1];
  const alive = new Set(all.filter((j) => counts[j]! > 0).map(device));
  const own = all.filter((j) => {
    const name = recording.series[j]!.name;
    const collector = /^(go|process|promhttp)_/.test(name);
    return !collector && (device(j) === undefined || alive.has(device(j)));
  });
  const busy = all.filter((j) => counts[j]! > rows * 0.85);
  return [
    cut(recording, 'all', all, every),
    cut(recording, 'without go, process and idle devices', own, every),
    cut(recording, 'always changing', busy, every),
  ];
}

function cut(recording: Recording, name: string, picked: readonly number[], every: number): RecordedSet {
  const width = recording.series.length;
  const rows = Math.floor(recording.times.length / every);
  const times = Float64Array.from({ length: rows }, (_, r) => recording.times[r * every]!);
  const pages = [];
  for (let start = 0; start < picked.length; start += LIMITS.seriesPerPage) {
    const columns = picked.slice(start, start + LIMITS.seriesPerPage);
    const values = new Float64Array(rows * columns.length);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns.length; c++) {
        values[r * columns.length + c] = recording.values[r * every * width + columns[c]!]!;
      }
    }
    pages.push({ n: columns.length, values });
  }
  return { name, series: picked.length, times, pages };
}
