import type { BenchResult } from '../../result.ts';
import type { LoopDelay } from '../event-loop.ts';
import type { OneRun } from '../one-run.ts';
import type { EndToEndOptions } from '../options.ts';

/** No turn of the event loop is longer in the steady state, s. */
const TURN_SECONDS = 0.02;
/** Of a relay with ten thousand connections, MiB. */
const RELAY_MEMORY = 900;
const MANY_HOSTS = 10_000;

/** Process by process: CPU, memory, files, event loop. */
export function processFigures(run: OneRun): BenchResult[] {
  return Object.keys(run.after.cpu).flatMap((part) => ofProcess(part, run));
}

function ofProcess(part: string, { options, before, after }: OneRun): BenchResult[] {
  const name = part === 'core' && options.store === 'embedded' ? 'core with its store' : part;
  const cpu = after.cpu[part]! - before.cpu[part]!;
  const seconds = (after.at - before.at) / 1_000;
  const target = cpuTarget(part, options);
  const memoryTarget = part === 'relay' && options.hosts >= MANY_HOSTS ? { target: RELAY_MEMORY } : {};
  return [
    {
      name: `${name}: CPU`,
      value: cpu / (samplesOf(part, before.samples, after.samples) / 1e6),
      unit: 's per million samples',
      ...(target === undefined ? {} : { target }),
    },
    { name: `${name}: CPU share`, value: (cpu / seconds) * 100, unit: '% of a core' },
    { name: `${name}: memory, the most`, value: after.memory.peak[part]!, unit: 'MiB', ...memoryTarget },
    { name: `${name}: memory at the end`, value: after.memory.now[part]!, unit: 'MiB' },
    { name: `${name}: open files`, value: after.openFiles[part]!, unit: 'files', note: 'sockets included' },
    ...(part === 'relay' || part === 'core' ? loopFigures(name, after.loop[part]) : []),
  ];
}

/** Those that a process itself took in that time. */
function samplesOf(part: string, before: OneRun['before']['samples'], after: OneRun['after']['samples']): number {
  if (part === 'simulator' || part === 'relay') return after.relay - before.relay;
  return part === 'core' ? after.core - before.core : after.store - before.store;
}

/** Where the process publishes it. */
function loopFigures(name: string, { max, p99 }: LoopDelay): BenchResult[] {
  const note = 'as it publishes it itself';
  const unit = 'ms';
  return [
    ...(max === null
      ? []
      : [
          { name: `${name}: longest turn of the event loop`, value: max * 1e3, unit, target: TURN_SECONDS * 1e3, note },
        ]),
    ...(p99 === null ? [] : [{ name: `${name}: turn of the event loop, p99`, value: p99 * 1e3, unit, note }]),
  ];
}

/** Section 7 of the design: the relay's by samples a frame, the core's by what the store takes. */
function cpuTarget(part: string, { series, instants, store }: EndToEndOptions): number | undefined {
  const perFrame = series * instants;
  if (part === 'relay') return perFrame >= 1_000 ? 0.15 : perFrame >= 100 ? 0.5 : undefined;
  if (part !== 'core') return undefined;
  return store === 'victoriametrics' ? 0.6 : store === 'embedded' ? undefined : 0.15;
}
