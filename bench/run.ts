/**
 * Runs every benchmark of this folder, each in a process of its own (so that one's compiled code and garbage do not
 * weigh on the next), prints a table, and writes docs/benchmarks.md. `npm run bench -- codec` runs one and writes nothing;
 * `npm run bench -- --page codec relay` puts their sections on the page and leaves the others as they are. `--json FILE` keeps
 * all figures, those over time too. `--store=kafka` is HELIOGRAPH_BENCH_STORE=kafka, and so is each such option the variable of its name. Ends with 1 when one did not run, or says of itself that it is not good.
 * Whatever ends it, the processes and temporary files of what it ran end with it.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { constants, loadavg } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { commitName } from './page/commit.ts';
import { figure } from './page/figure.ts';
import type { KeptRun } from './page/kept.ts';
import { machineName } from './page/machine.ts';
import type { RunMade } from './page/section.ts';
import { titleOf } from './page/title.ts';
import { putKept, writePages } from './page/write.ts';
import { keptRun } from './process/kept-run.ts';
import { PrintedRuns, printRun } from './process/printed-run.ts';
import { type BenchModule, type BenchResult, type BenchRun, meetsTarget } from './result.ts';
import { help, SETTINGS, takeSettings, variableOf } from './settings.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
/** Files of this folder that are not benchmarks. */
const PARTS: ReadonlySet<string> = new Set(['run', 'result', 'recorded-sets', 'settings']);
/** Those that hold the machine for long, and what computes from the others' figures: they run when they are named. */
const WHEN_NAMED: ReadonlySet<string> = new Set([
  'alert-latency',
  'collector-siege',
  'hand-over',
  'log-flood',
  'rotations',
  'scale',
  'sizing',
  'soak',
  'storm',
  'watch-latency',
]);
/** A benchmark that takes longer hangs: as it is usually run, and where it was told something, besides what it was told to take, several times. */
const USUALLY_AT_MOST_S = 1_800;
const TOLD_AT_MOST_S = 7_200;
const TIMES = 12;
/** Not SIGHUP: who has it ignored (nohup) wants the run to go on, and otherwise it ends this one as it stands. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function benchNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => /^[a-z0-9-]+\.ts$/.test(file))
    .map((file) => file.slice(0, -3))
    .filter((name) => !PARTS.has(name))
    .sort();
}

/** In the child: one benchmark, its results as one marked line. */
async function runOne(name: string): Promise<void> {
  const module: Partial<BenchModule> = await import(pathToFileURL(`${FOLDER}${name}.ts`).href);
  // A part that another benchmark uses: nothing to run.
  const came = module.run === undefined ? [] : await module.run();
  printRun('results' in came ? came : { results: came });
}

/** @param soFar is told what it came to while it goes on, by those that print it */
async function runInChild(
  name: string,
  told: readonly string[],
  signal: AbortSignal,
  soFar: (run: BenchRun) => void,
): Promise<BenchRun> {
  const seconds =
    Number(process.env.HELIOGRAPH_BENCH_SECONDS ?? 0) + 60 * Number(process.env.HELIOGRAPH_BENCH_MINUTES ?? 0);
  const atMost = (told.length > 0 || WHEN_NAMED.has(name) ? TOLD_AT_MOST_S : USUALLY_AT_MOST_S) + TIMES * seconds;
  const runs = new PrintedRuns();
  await keptRun(fileURLToPath(import.meta.url), ['--child', name], atMost * 1_000, signal, (text) => {
    if (runs.take(text)) soFar(runs.last!);
  });
  if (runs.last === null) throw new TypeError(`${name} gave no results`);
  return runs.last;
}

function print(result: BenchResult): void {
  const met = meetsTarget(result);
  const mark = met === null ? ' ' : met ? '+' : '-';
  const target = result.target === undefined ? '' : ` (target ${figure(result.target)}: ${met ? 'met' : 'missed'})`;
  console.log(`${mark} ${figure(result.value).padStart(9)} ${result.unit.padEnd(12)} ${result.name}${target}`);
}

/** The variables that say what is run; where something lies on this machine is none of them. */
function settings(): string[] {
  return Object.keys(SETTINGS)
    .filter((name) => name !== 'profile')
    .map((name) => variableOf(name))
    .filter((variable) => process.env[variable] !== undefined)
    .map((variable) => `${variable}=${process.env[variable]}`)
    .sort();
}

/** Null: it was called wrongly, which has been said. */
function calledWith(args: readonly string[]) {
  try {
    const { rest, env } = takeSettings(args);
    Object.assign(process.env, env);
    return parseArgs({
      args: rest,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        page: { type: 'boolean', default: false },
        json: { type: 'string' },
        from: { type: 'string', multiple: true, default: [] },
      },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nnpm run bench -- --help says more.`);
    process.exitCode = 2;
    return null;
  }
}

async function main(args: readonly string[]): Promise<void> {
  if (args[0] === '--child') return runOne(args[1]!);
  const known = benchNames();
  const called = calledWith(args);
  if (called === null) return;
  const { values, positionals } = called;
  if (values.help) {
    console.log(help(known, WHEN_NAMED));
    return;
  }
  if (values.from.length > 0) {
    try {
      putKept(values.from);
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
      process.exitCode = 2;
    }
    return;
  }
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`no benchmark ${unknown.join(', ')}: give some of ${known.join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const names = positionals.length > 0 ? positionals : known.filter((name) => !WHEN_NAMED.has(name));
  const told = settings();
  const kept: KeptRun[] = [];
  const failed = new Set<string>();
  const stop = stopOnSignal();
  for (const name of names) {
    const made: RunMade = {
      at: Date.now(),
      machine: machineName(),
      commit: commitName(),
      load: loadavg()[0]!,
      settings: told,
    };
    const keep = (last: readonly KeptRun[]) => {
      // After each: whoever ends this before the last one has what there is.
      if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify([...kept, ...last], null, 1)}\n`);
    };
    let run: BenchRun;
    try {
      run = await runInChild(name, told, stop, ({ wrong = [], ...rest }) =>
        keep([{ name, ...made, ...rest, wrong: [...wrong, 'it did not run to its end'] }]),
      );
    } catch (error) {
      if (stop.aborted) return;
      // One that fails takes the others' figures with it neither here nor on the page; the exit code tells.
      console.error(`! ${name} did not run: ${error instanceof Error ? error.message : String(error)}`);
      failed.add(titleOf(name, told));
      process.exitCode = 1;
      continue;
    }
    if (run.results.length === 0) continue;
    kept.push({ name, ...made, ...run });
    keep([]);
    run.results.forEach(print);
    for (const wrong of run.wrong ?? []) {
      console.error(`! ${name} is not good: ${wrong}`);
      process.exitCode = 1;
    }
  }
  if (positionals.length > 0 && !values.page) return;
  writePages(kept, failed);
}

/** Aborted by the first signal that asks this process to end; it ends then with the code that shells give such an end. */
function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      process.exitCode = 128 + constants.signals[signal];
      stop.abort();
    });
  }
  return stop.signal;
}

await main(process.argv.slice(2));
