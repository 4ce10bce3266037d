/**
 * Runs every benchmark of this folder, each in a process of its own (so that one's compiled code and garbage do not
 * weigh on the next), prints a table, and writes docs/benchmarks.md. `npm run bench -- codec` runs one and writes nothing;
 * `npm run bench -- --page codec relay` puts their sections on the page and leaves the others as they are. `--json FILE` keeps
 * all figures, those over time too. `--store=kafka` is HELIOGRAPH_BENCH_STORE=kafka, and so is each such option the variable of its name. Ends with 1 when one did not run, or says of itself that it is not good.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { figure } from './page/figure.ts';
import { machineName } from './page/machine.ts';
import { pageOf, sectionsOfPage } from './page/page.ts';
import { didNotRun, type RunMade, sectionOf } from './page/section.ts';
import { type BenchModule, type BenchResult, type BenchRun, meetsTarget } from './result.ts';
import { help, takeSettings } from './settings.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const PAGE = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
/** Files of this folder that are not benchmarks. */
const PARTS: ReadonlySet<string> = new Set(['run', 'result', 'recorded-sets', 'settings']);
/** Those that hold the machine for long: they run when they are named. */
const WHEN_NAMED: ReadonlySet<string> = new Set(['log-flood', 'scale', 'soak', 'storm']);
/** A benchmark that takes longer hangs; one that was told how long to run may take that besides. */
const ONE_AT_MOST_MS = 1_800_000;
const RESULT_MARK = 'heliograph-bench-result ';

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
  const run: BenchRun = 'results' in came ? came : { results: came };
  process.stdout.write(`${RESULT_MARK}${JSON.stringify(run)}\n`);
}

function runInChild(name: string): BenchRun {
  const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--child', name], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
    timeout: ONE_AT_MOST_MS + 1_000 * Number(process.env.HELIOGRAPH_BENCH_SECONDS ?? 0),
  });
  const line = output.split('\n').find((one) => one.startsWith(RESULT_MARK));
  if (line === undefined) throw new TypeError(`${name} gave no results`);
  return JSON.parse(line.slice(RESULT_MARK.length));
}

function print(result: BenchResult): void {
  const met = meetsTarget(result);
  const mark = met === null ? ' ' : met ? '+' : '-';
  const target = result.target === undefined ? '' : ` (target ${figure(result.target)}: ${met ? 'met' : 'missed'})`;
  console.log(`${mark} ${figure(result.value).padStart(9)} ${result.unit.padEnd(12)} ${result.name}${target}`);
}

/** The variables that say what is run. */
function settings(): string[] {
  return Object.entries(process.env)
    .filter(([name]) => /^HELIOGRAPH_BENCH_/.test(name))
    .map(([name, value]) => `${name}=${value}`)
    .sort();
}

type KeptRun = BenchRun & RunMade & { readonly name: string };

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
    writePage(
      new Map(values.from.flatMap(keptRuns).map((run) => [run.name, sectionOf(run.name, run, run)])),
      new Set(),
    );
    return;
  }
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`no benchmark ${unknown.join(', ')}: give some of ${known.join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const names = positionals.length > 0 ? positionals : known.filter((name) => !WHEN_NAMED.has(name));
  const sections = new Map<string, string>();
  const failed = new Set<string>();
  const kept: KeptRun[] = [];
  for (const name of names) {
    const made = { at: Date.now(), machine: machineName(), load: loadavg()[0]!, settings: settings() };
    let run: BenchRun;
    try {
      run = runInChild(name);
    } catch (error) {
      // One that fails takes the others' figures with it neither here nor on the page; the exit code tells.
      console.error(`! ${name} did not run: ${error instanceof Error ? error.message : String(error)}`);
      failed.add(name);
      process.exitCode = 1;
      continue;
    }
    if (run.results.length === 0) continue;
    sections.set(name, sectionOf(name, run, made));
    kept.push({ name, ...made, ...run });
    run.results.forEach(print);
    for (const wrong of run.wrong ?? []) {
      console.error(`! ${name} is not good: ${wrong}`);
      process.exitCode = 1;
    }
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(kept, null, 1)}\n`);
  if (positionals.length > 0 && !values.page) return;
  writePage(sections, failed);
}

/** What was not run now keeps the section of its newest run: also what failed, unless it has none. */
function writePage(sections: ReadonlyMap<string, string>, failed: ReadonlySet<string>): void {
  const earlier = sectionsOfPage(readFileSync(PAGE, 'utf8'));
  const all = new Map([...earlier, ...sections]);
  for (const name of failed) if (!earlier.has(name)) all.set(name, didNotRun(name));
  writeFileSync(PAGE, pageOf(all));
}

/** What `--json` has written. */
function keptRuns(file: string): KeptRun[] {
  return JSON.parse(readFileSync(file, 'utf8')) as KeptRun[];
}

await main(process.argv.slice(2));
