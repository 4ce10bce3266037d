import { type BenchResult, type BenchRun, meetsTarget } from '../result.ts';
import { commandOf } from './command.ts';
import { figure } from './figure.ts';
import { titleOf } from './title.ts';

/** When and where a run was made, and of what. */
export interface RunMade {
  /** ms since the epoch */
  readonly at: number;
  readonly machine: string;
  /** Null where it is not known. */
  readonly commit: string | null;
  /** Processes that wanted a core when it began (load average of the minute before): above the number of cores, times and latencies are too high. */
  readonly load: number;
  /** The variables for benchmarks that it was given, so that it can be run again. */
  readonly settings: readonly string[];
}

/** The day of a time, ms since the epoch, as a section names it. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The section of one run. Figures over time are not in it. */
export function sectionOf(name: string, run: BenchRun, made: RunMade): string {
  const wrong = run.wrong ?? [];
  const commit = made.commit === null ? '' : ` Commit: ${made.commit}.`;
  return [
    `## ${titleOf(name, made.settings)}`,
    '',
    `Run on ${dayOf(made.at)}: \`${commandOf(name, made.settings)}\`.${commit} Machine: ${made.machine}; load ${made.load.toFixed(1)} before it began.`,
    ...(wrong.length > 0 ? ['', `**Not good:** ${wrong.join('; ')}.`] : []),
    '',
    '| what | figure | target | note |',
    '| --- | ---: | --- | --- |',
    ...run.results.map(row),
    '',
  ].join('\n');
}

/** The section of one that failed. */
export function didNotRun(title: string): string {
  return `## ${title}\n\nDid not run.\n`;
}

function row(result: BenchResult): string {
  const met = meetsTarget(result);
  const target = result.target === undefined ? '' : `${result.target} ${met ? 'met' : '**missed**'}`;
  // A bar ends a cell of the table.
  const [name, note] = [result.name, result.note ?? ''].map((text) => text.replaceAll('|', '\\|'));
  return `| ${name} | ${figure(result.value)} ${result.unit} | ${target} | ${note} |`;
}
