import { CURVE } from './end-to-end/curve.ts';
import { CONNECT_A_SECOND, type EndToEndOptions, endToEndOptions } from './end-to-end/options.ts';
import { progressLine as say } from './end-to-end/progress-line.ts';
import type { BenchResult, BenchRun } from './result.ts';
import { best, climb, type Tried } from './scale/climb.ts';
import { curveFigures } from './scale/curve.ts';
import { oneStep, type Step, WARM_AT_MOST_MS } from './scale/step.ts';
import { brokenBy, SUSTAINED_RULE } from './scale/verdict.ts';
import { USUAL_HOSTS } from './settings.ts';

/** For a small machine. */
const USUAL = { hosts: USUAL_HOSTS.scale, seconds: 10 } as const;
const STEPS = 6;
/** Starting and ending all processes of a step, s. */
const AROUND_S = 8;
/** Of the whole way, samples a second: section 7 of the design. */
const TARGET = 1_000_000;

/**
 * The highest load that is sustained: hosts are added by half until the backlog grows or freshness breaks. Then what 1, 2, 5 and 10 instants a frame cost at
 * the same samples a second. By environment as `end-to-end` has it (HOSTS: of the first step and of the curve; SECONDS: of each step), and
 * HELIOGRAPH_BENCH_STEPS, at most so many.
 */
export async function run(): Promise<BenchRun> {
  const options = endToEndOptions(process.env, USUAL);
  const steps = Number(process.env.HELIOGRAPH_BENCH_STEPS ?? STEPS);
  if (!Number.isInteger(steps) || steps < 1) {
    throw new TypeError(
      `HELIOGRAPH_BENCH_STEPS is ${process.env.HELIOGRAPH_BENCH_STEPS}; give a whole number, at least 1`,
    );
  }
  const minutes = Math.ceil(longest(options, steps) / 60);
  say(`at most ${steps} steps and ${CURVE.length} short runs: ${minutes} minutes at most`);
  const tried = await climb(options.hosts, steps, async (hosts) => {
    const step = await oneStep({ ...options, hosts });
    const broken = brokenBy(step);
    say(`${hosts} hosts, ${step.asked.toFixed(0)} samples/s: ${broken ?? 'sustained'}`);
    return { step, broken };
  });
  const top = best(tried);
  const results = [...stepFigures(tried, options)];
  for (const instants of CURVE) {
    say(`${instants} instants a frame`);
    results.push(...curveFigures(await oneStep({ ...options, instants })));
  }
  return { results, wrong: top === null ? ['no step was sustained: give fewer HELIOGRAPH_BENCH_HOSTS'] : [] };
}

/** s, if every step goes as far as it may. */
function longest({ hosts, seconds, instants, intervalMs }: EndToEndOptions, steps: number): number {
  const counted = (perFrame: number) =>
    Math.max(seconds, (3 * perFrame * intervalMs) / 1_000) + WARM_AT_MOST_MS / 1_000;
  const connecting = (count: number) => count / CONNECT_A_SECOND;
  let all = CURVE.reduce((sum, each) => sum + counted(each) + AROUND_S + connecting(hosts), 0);
  for (let step = 0; step < steps; step++) all += counted(instants) + AROUND_S + connecting(hosts * 1.5 ** step);
  return all;
}

function stepFigures(tried: readonly Tried<Step>[], options: EndToEndOptions): BenchResult[] {
  const top = best(tried);
  const least = tried.filter(({ broken }) => broken !== null).toSorted((a, b) => a.hosts - b.hosts)[0];
  const { series, intervalMs, instants, store } = options;
  const load = `${series} series every ${intervalMs} ms, ${instants} instants a frame, ${store}`;
  const limit = least ? `${least.hosts} hosts: ${least.broken}` : 'no step broke: the limit is higher';
  const figures: BenchResult[] = tried.map(({ hosts, step, broken }) => ({
    name: `${hosts} hosts: to the store`,
    value: step.stored,
    unit: 'samples/s',
    note: `${step.asked.toFixed(0)} asked for; ${broken ?? `sustained, queryable after ${step.freshSeconds.toFixed(2)} s at p99`}`,
  }));
  if (top === null) return figures;
  return [
    {
      name: 'highest load that was sustained',
      value: top.step.stored,
      unit: 'samples/s',
      target: TARGET,
      note: `${top.hosts} hosts, ${load}; ${limit}. ${SUSTAINED_RULE}`,
    },
    ...figures,
  ];
}
