import { ColumnEncoder, decodeColumns } from '../proto/columns.ts';
import { loadRecording } from '../simulator/recording.ts';
import { type RecordedSet, recordedSets } from './recorded-sets.ts';
import type { BenchResult } from './result.ts';

interface Work {
  readonly n: number;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly base: Float64Array;
  readonly columns: Uint8Array;
}

/** Columns as a collector makes them: `instants` rows each, against a base a minute old. */
function workOf(set: RecordedSet, instants: number): Work[] {
  const encoder = new ColumnEncoder();
  const works: Work[] = [];
  for (const page of set.pages) {
    for (let row = 60; row + instants <= set.times.length; row += instants) {
      const start = row - (row % 60);
      const base = page.values.slice((start - 60) * page.n, (start - 59) * page.n);
      const times = set.times.slice(row, row + instants);
      const values = page.values.slice(row * page.n, (row + instants) * page.n);
      works.push({ n: page.n, times, values, base, columns: encoder.encode(page.n, times, values, null, base) });
    }
  }
  return works;
}

/** CPU ns a sample of this process, user and system, over at least `forMs` after a first round. */
function nsPerSample(works: readonly Work[], samplesARound: number, once: (work: Work) => void, forMs: number): number {
  for (const work of works) once(work);
  let rounds = 0;
  const before = process.cpuUsage();
  let spent = 0;
  while (spent < forMs * 1000) {
    for (const work of works) once(work);
    rounds++;
    const usage = process.cpuUsage(before);
    spent = usage.user + usage.system;
  }
  return (spent * 1000) / (rounds * samplesARound);
}

export async function run(): Promise<BenchResult[]> {
  const encoder = new ColumnEncoder();
  const results: BenchResult[] = [];
  for (const set of recordedSets(loadRecording(), 1)) {
    for (const instants of [1, 5, 10]) {
      const works = workOf(set, instants);
      const samples = works.reduce((sum, work) => sum + work.values.length, 0);
      const what = `${set.series} series (${set.name}), ${instants} a frame`;
      // The promise is for what a host really has, several instants together.
      const promised = instants > 1 && set.series > 100;
      results.push({
        name: `encode, ${what}`,
        value: nsPerSample(
          works,
          samples,
          (work) => encoder.encode(work.n, work.times, work.values, null, work.base),
          400,
        ),
        unit: 'ns/sample',
        ...(promised ? { target: 10 } : {}),
      });
      results.push({
        name: `decode, ${what}`,
        value: nsPerSample(works, samples, (work) => decodeColumns(work.columns, work.n, work.base), 400),
        unit: 'ns/sample',
        ...(promised ? { target: 13 } : {}),
      });
    }
  }
  return results;
}
