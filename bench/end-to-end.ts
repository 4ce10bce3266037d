import { CURVE, curveName, ofTheTrade } from './end-to-end/curve.ts';
import { bytesFigures } from './end-to-end/figures/bytes.ts';
import { freshnessFigures } from './end-to-end/figures/freshness.ts';
import { processFigures } from './end-to-end/figures/processes.ts';
import { rateFigures } from './end-to-end/figures/rate.ts';
import { warmUpFigures } from './end-to-end/figures/warm-up.ts';
import { type OneRun, oneRun } from './end-to-end/one-run.ts';
import { endToEndOptions } from './end-to-end/options.ts';
import type { BenchResult, BenchRun } from './result.ts';

/**
 * The whole way of a sample, each part a process of its own: CPU, memory, files and event loop of each, bytes on each hop, freshness; connecting and
 * registering series apart. What is run is said by environment: HELIOGRAPH_BENCH_HOSTS, _SERIES, _INTERVAL_MS, _INSTANTS, _SECONDS, _LOGS, _WORKERS,
 * _STORE (victoriametrics, victoriametrics-zstd, embedded, sink), _VERIFY=1 to compare samples and lines afterwards, when nothing waits any more, and
 * _CURVE=1 for 1, 2, 5 and 10 instants a frame.
 */
export async function run(): Promise<BenchRun> {
  const options = endToEndOptions(process.env);
  const results: BenchResult[] = [];
  const wrong: string[] = [];
  for (const instants of options.curve ? CURVE : [options.instants]) {
    const one = await oneRun({ ...options, instants });
    const name = options.curve ? curveName(instants) : '';
    const told = figures(one).filter((result) => !options.curve || ofTheTrade(result));
    results.push(...told.map((result) => ({ ...result, name: name + result.name })));
    wrong.push(...one.report.wrong.map((why) => name + why));
  }
  return { results, wrong };
}

function figures(run: OneRun): BenchResult[] {
  return [
    ...rateFigures(run),
    ...freshnessFigures(run),
    ...processFigures(run),
    ...bytesFigures(run),
    ...warmUpFigures(run),
  ];
}
