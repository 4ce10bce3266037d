/**
 * Runs every benchmark of this folder, each in a process of its own (so that one's compiled code and garbage do not
 * weigh on the next), prints a table, and writes docs/benchmarks.md. `npm run bench -- codec` runs one and writes nothing;
 * `npm run bench -- --page codec` puts its section on the page and leaves the others as they are. `--store=kafka` is HELIOGRAPH_BENCH_STORE=kafka,
 * and so is each such option the variable of its name.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BenchModule, type BenchResult, meetsTarget } from './result.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const PAGE = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
/** Files of this folder that are not benchmarks. */
const PARTS: ReadonlySet<string> = new Set(['run', 'result', 'recorded-sets']);
/** A benchmark that takes longer hangs. */
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
  const results = module.run === undefined ? [] : await module.run();
  process.stdout.write(`${RESULT_MARK}${JSON.stringify(results)}\n`);
}

function runInChild(name: string): BenchResult[] {
  const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--child', name], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
    timeout: ONE_AT_MOST_MS,
  });
  const line = output.split('\n').find((one) => one.startsWith(RESULT_MARK));
  if (line === undefined) throw new TypeError(`${name} gave no results`);
  return JSON.parse(line.slice(RESULT_MARK.length));
}

function figure(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function row(result: BenchResult): string {
  const met = meetsTarget(result);
  const target = result.target === undefined ? '' : `${result.target} ${met ? 'met' : '**missed**'}`;
  return `| ${result.name} | ${figure(result.value)} ${result.unit} | ${target} | ${result.note ?? ''} |`;
}

function section(name: string, results: readonly BenchResult[]): string {
  return [
    `## ${name}`,
    '',
    '| what | figure | target | note |',
    '| --- | ---: | --- | --- |',
    ...results.map(row),
    '',
  ].join('\n');
}

function page(sections: readonly string[]): string {
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}`;
  return [
    '# Benchmarks',
    '',
    `Written by \`npm run bench\`; do not edit. Machine: ${machine}. Times are CPU time of the process (user and system).`,
    'Targets are those of the design; a figure that misses its target says so.',
    '',
    ...sections,
  ].join('\n');
}

/** The sections of the page as it is, by name. */
function sectionsOfPage(): Map<string, string> {
  const parts = readFileSync(PAGE, 'utf8').split(/^(?=## )/m);
  return new Map(parts.slice(1).map((part) => [/^## (.*)$/m.exec(part)![1]!, part]));
}

async function main(args: readonly string[]): Promise<void> {
  if (args[0] === '--child') return runOne(args[1]!);
  const settings = args.map((arg) => /^--([a-z-]+)=(.*)$/.exec(arg)).filter((found) => found !== null);
  for (const [, name, value] of settings) {
    process.env[`HELIOGRAPH_BENCH_${name!.toUpperCase().replaceAll('-', '_')}`] = value!;
  }
  const some = args.filter((arg) => !arg.startsWith('--'));
  const names = some.length > 0 ? some : benchNames();
  const sections = new Map<string, string>();
  for (const name of names) {
    let results: BenchResult[];
    try {
      results = runInChild(name);
    } catch (error) {
      // One that fails takes the others' figures with it neither here nor on the page; the exit code tells.
      console.error(`! ${name} did not run: ${error instanceof Error ? error.message : String(error)}`);
      sections.set(name, `## ${name}\n\nDid not run.\n`);
      process.exitCode = 1;
      continue;
    }
    if (results.length === 0) continue;
    sections.set(name, section(name, results));
    for (const result of results) {
      const met = meetsTarget(result);
      const mark = met === null ? ' ' : met ? '+' : '-';
      const target = result.target === undefined ? '' : ` (target ${figure(result.target)})`;
      console.log(`${mark} ${figure(result.value).padStart(9)} ${result.unit.padEnd(12)} ${result.name}${target}`);
    }
  }
  if (some.length > 0 && !args.includes('--page')) return;
  const all = some.length > 0 ? new Map([...sectionsOfPage(), ...sections]) : sections;
  const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(PAGE, page(sorted.map(([, text]) => text)));
}

await main(process.argv.slice(2));
