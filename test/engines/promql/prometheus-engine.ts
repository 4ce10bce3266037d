import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { QueryData, SeriesSamples } from '../../../core/ports/metric-store.ts';
import type { Notes } from '../../../core/promql/annotations.ts';
import type { Answer } from './compare.ts';
import type { Query } from './queries.ts';

const run = promisify(execFile);

/** Builds Prometheus 3's query engine (once; Go keeps what it built) and gives the program's path. */
export async function buildEngine(): Promise<string> {
  const script = fileURLToPath(new URL('../start/build-prometheus-engine.sh', import.meta.url));
  const { stdout } = await run(script);
  const path = /^PROMETHEUS_ENGINE=(.*)$/m.exec(stdout)?.[1];
  if (path === undefined) throw new Error(`build-prometheus-engine.sh printed no PROMETHEUS_ENGINE: ${stdout}`);
  return path;
}

/** All answers in one run of the program. */
export async function askEngine(
  program: string,
  series: readonly SeriesSamples[],
  queries: readonly Query[],
): Promise<Answer[]> {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-engine-'));
  try {
    const data = series.map(({ labels, times, values }) => ({ labels, t: [...times], v: bitsOf(values) }));
    const asked = queries.map(({ text, time, range }) => ({
      q: text,
      Time: time,
      Start: time,
      End: range?.end,
      Step: range?.step,
    }));
    await writeFile(join(folder, 'data.json'), JSON.stringify(data));
    await writeFile(join(folder, 'queries.json'), JSON.stringify(asked));
    const { stdout } = await run(program, [join(folder, 'data.json'), join(folder, 'queries.json')], {
      maxBuffer: 2 ** 30,
    });
    const answers = JSON.parse(stdout) as ({ error: string } | (QueryData & Notes))[];
    return answers.map((answer) =>
      'error' in answer ? answer : { data: answer, notes: { warnings: answer.warnings, infos: answer.infos } },
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The 16 hexadecimal digits of each value's bits. */
function bitsOf(values: Float64Array): string[] {
  const words = new BigUint64Array(values.buffer, values.byteOffset, values.length);
  return Array.from(words, (word) => word.toString(16).padStart(16, '0'));
}
