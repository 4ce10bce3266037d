import type { QueryData, SeriesSamples } from '../../../core/ports/metric-store.ts';
import type { Notes } from '../../../core/promql/annotations.ts';
import { askProgram, buildProgram } from '../go-program.ts';
import type { Answer } from './compare.ts';
import type { Query } from './queries.ts';

/** Builds Prometheus 3's query engine and gives the program's path. */
export function buildEngine(): Promise<string> {
  return buildProgram('build-prometheus-engine.sh', 'PROMETHEUS_ENGINE');
}

/** All answers in one run of the program. */
export async function askEngine(
  program: string,
  series: readonly SeriesSamples[],
  queries: readonly Query[],
): Promise<Answer[]> {
  const data = series.map(({ labels, times, values }) => ({ labels, t: [...times], v: bitsOf(values) }));
  const asked = queries.map(({ text, time, range }) => ({
    q: text,
    Time: time,
    Start: time,
    End: range?.end,
    Step: range?.step,
  }));
  const answers = (await askProgram(program, data, asked)) as ({ error: string } | (QueryData & Notes))[];
  return answers.map((answer) =>
    'error' in answer ? answer : { data: answer, notes: { warnings: answer.warnings, infos: answer.infos } },
  );
}

/** The 16 hexadecimal digits of each value's bits. */
function bitsOf(values: Float64Array): string[] {
  const words = new BigUint64Array(values.buffer, values.byteOffset, values.length);
  return Array.from(words, (word) => word.toString(16).padStart(16, '0'));
}
