import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueryData } from '../core/ports/metric-store.ts';
import {
  cpuOf,
  type DataShape,
  type Engine,
  residentOf,
  settled,
  startOurs,
  startTheirs,
} from './dashboard/engines.ts';
import { PANELS, STEP } from './dashboard/fleet-data.ts';
import type { BenchResult } from './result.ts';

/** A thousand hosts are 216 million samples; a fortieth of that is loaded, so that this takes a minute or two. HELIOGRAPH_BENCH_HOSTS=1000 does it all. */
const HOSTS = Number(process.env.HELIOGRAPH_BENCH_HOSTS ?? 25);
const SERIES = 100;
const HOURS = 6;
const ROUNDS = 5;
/** Between two values of a panel; Grafana asks so for six hours. */
const PANEL_STEP = 30_000;
/** A browser keeps six connections to a server. */
const AT_ONCE = 6;

/** Ten panels of a fleet's dashboard over six hours, asked by HTTP of a core and of the real Prometheus with the same data. */
export async function run(): Promise<BenchResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-bench-dashboard-'));
  const instants = (HOURS * 3_600_000) / STEP;
  const shape: DataShape = { hosts: HOSTS, start: Math.floor(Date.now() / STEP) * STEP - instants * STEP, instants };
  const engines: Engine[] = [];
  try {
    engines.push(await startOurs(directory, shape), await startTheirs(directory, shape));
    const [ours, theirs] = (await measure(engines, shape)) as [Measured, Measured];
    for (const [index, { title }] of PANELS.entries()) compare(title, ours.answers[index]!, theirs.answers[index]!);
    return results(ours, theirs);
  } finally {
    for (const engine of engines) await engine.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Measured {
  /** Median latency of each panel asked alone, ms. */
  readonly panels: readonly number[];
  /** All ten as a browser asks them, ms, and the CPU of the process for it, s. */
  readonly dashboardMs: number;
  readonly dashboardCpu: number;
  readonly resident: number;
  readonly answers: readonly QueryData[];
}

/** The engines take turns at every step, so that whatever else the machine does weighs on both alike. */
async function measure(engines: readonly Engine[], shape: DataShape): Promise<Measured[]> {
  const answers: QueryData[][] = [];
  // The first round reads files and compiles; neither is what a dashboard that refreshes sees.
  for (const engine of engines) {
    const first: QueryData[] = [];
    for (const { expression } of PANELS) first.push(await ask(engine, shape, expression));
    answers.push(first);
    await askAll(engine, shape);
    await settled(engine.pid);
  }
  const panels: number[][] = engines.map(() => []);
  for (const { expression } of PANELS) {
    const times: number[][] = engines.map(() => []);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, engine] of engines.entries()) times[at]!.push(await timed(() => ask(engine, shape, expression)));
    }
    for (const [at, all] of times.entries()) panels[at]!.push(median(all));
  }
  const whole: number[][] = engines.map(() => []);
  const cpu: number[][] = engines.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, engine] of engines.entries()) {
      const before = cpuOf(engine.pid);
      whole[at]!.push(await timed(() => askAll(engine, shape)));
      cpu[at]!.push(cpuOf(engine.pid) - before);
    }
  }
  return engines.map((engine, at) => ({
    panels: panels[at]!,
    dashboardMs: median(whole[at]!),
    dashboardCpu: median(cpu[at]!),
    resident: residentOf(engine.pid),
    answers: answers[at]!,
  }));
}

async function askAll(engine: Engine, shape: DataShape): Promise<void> {
  const left = [...PANELS];
  const browser = Array.from({ length: AT_ONCE }, async () => {
    for (let panel = left.shift(); panel; panel = left.shift()) await ask(engine, shape, panel.expression);
  });
  await Promise.all(browser);
}

async function ask(engine: Engine, { start, instants }: DataShape, expression: string): Promise<QueryData> {
  const end = start + (instants - 1) * STEP;
  const body = new URLSearchParams({
    query: expression,
    // Between two samples: whether one at the very start of a range counts is what Prometheus 2 and 3 differ in.
    start: `${(start + STEP / 2) / 1000}`,
    end: `${end / 1000}`,
    step: `${PANEL_STEP / 1000}`,
  });
  const answer = await fetch(`${engine.url}/api/v1/query_range`, { method: 'POST', body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${engine.name} refused ${expression}: ${text.slice(0, 500)}`);
  return (JSON.parse(text) as { data: QueryData }).data;
}

/** Both must have said the same, or the comparison is of two different things. */
function compare(title: string, ours: QueryData, theirs: QueryData): void {
  const [a, b] = [rows(ours), rows(theirs)];
  if (a.size !== b.size || a.size === 0) throw new Error(`${title}: ${a.size} values here, ${b.size} there`);
  for (const [key, value] of a) {
    const other = b.get(key);
    const close =
      other !== undefined && Math.abs(value - other) <= 1e-9 * Math.max(1, Math.abs(value), Math.abs(other));
    if (!close) throw new Error(`${title}: ${key} is ${value} here, ${String(other)} there`);
  }
}

function rows(data: QueryData): Map<string, number> {
  if (data.resultType !== 'matrix') throw new TypeError(`a range gives a matrix, not a ${data.resultType}`);
  const all = new Map<string, number>();
  for (const { metric, values } of data.result) {
    const series = Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [time, value] of values) all.set(`${JSON.stringify(series)} at ${time}`, Number(value));
  }
  return all;
}

function results(ours: Measured, theirs: Measured): BenchResult[] {
  const samples = (HOSTS * SERIES * HOURS * 3_600_000) / STEP / 1e6;
  const scale = HOSTS === 1000 ? '' : `, 1/${1000 / HOSTS} of the fleet of 1,000 hosts`;
  const data = `${HOSTS} hosts, ${SERIES} series each, ${HOURS} h at 10 s: ${samples.toFixed(1)} million samples${scale}; step 30 s, by HTTP; answers are the same`;
  return [
    {
      name: 'dashboard of ten panels: CPU, ours beside Prometheus',
      value: ours.dashboardCpu / theirs.dashboardCpu,
      unit: 'x',
      note: `${ours.dashboardCpu.toFixed(2)} s and ${theirs.dashboardCpu.toFixed(2)} s of the process; ${data}`,
    },
    {
      name: 'dashboard of ten panels: until the last is there, ours beside Prometheus',
      value: ours.dashboardMs / theirs.dashboardMs,
      unit: 'x',
      note: `${ours.dashboardMs.toFixed(0)} ms and ${theirs.dashboardMs.toFixed(0)} ms; asked over six connections, as a browser does; median of ${ROUNDS}`,
    },
    {
      name: 'dashboard: memory afterwards, ours beside Prometheus',
      value: ours.resident / theirs.resident,
      unit: 'x',
      note: `${mib(ours.resident)} and ${mib(theirs.resident)}, resident`,
    },
    ...PANELS.map(({ title, expression }, index) => ({
      name: `panel, ${title}: latency, ours beside Prometheus`,
      value: ours.panels[index]! / theirs.panels[index]!,
      unit: 'x',
      note: `${ours.panels[index]!.toFixed(1)} ms and ${theirs.panels[index]!.toFixed(1)} ms, alone; \`${expression}\``,
    })),
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
