import { setTimeout as wait } from 'node:timers/promises';
import { Latencies } from '../../simulator/latencies.ts';
import { progressLine as say } from '../end-to-end/progress-line.ts';
import type { SimulationProgress } from '../end-to-end/simulation-messages.ts';
import type { Simulator } from '../end-to-end/simulator.ts';
import type { Snapshot } from '../end-to-end/snapshot.ts';
import type { System } from '../end-to-end/system.ts';
import { threeDigits } from '../page/three-digits.ts';

const SAY_EVERY_MS = 30_000;

/** Figures of one moment, those of latencies of the time since the moment before; null where nothing came. Named `part: what, unit`. */
export type Moment = Readonly<Record<string, number | null>>;

/** What it is in `Moment` that says when it was, s since the beginning. */
export const AT = 'at, s';

/** Looks every `everyMs` for so long. */
export async function watch(
  system: System,
  simulator: Simulator,
  seconds: number,
  everyMs: number,
): Promise<readonly Moment[]> {
  const began = performance.now();
  let before = await look(system, simulator);
  const moments: Moment[] = [];
  let saidAt = began;
  for (let n = 1; n * everyMs <= seconds * 1_000; n++) {
    await wait(Math.max(0, began + n * everyMs - performance.now()));
    const now = await look(system, simulator);
    moments.push(momentOf(before, now, began));
    before = now;
    if (performance.now() - saidAt < SAY_EVERY_MS) continue;
    saidAt = performance.now();
    say(inWords(moments.at(-1)!, seconds));
  }
  return moments;
}

interface Look {
  readonly snapshot: Snapshot;
  readonly latencies: SimulationProgress['latencies'];
}

async function look(system: System, simulator: Simulator): Promise<Look> {
  const snapshot = await system.snapshot(simulator, false);
  return { snapshot, latencies: simulator.progress()?.latencies ?? { counts: [], max: 0 } };
}

function momentOf(before: Look, now: Look, began: number): Moment {
  const { snapshot } = now;
  const acknowledged = new Latencies(
    now.latencies.counts.map((count, i) => count - (before.latencies.counts[i] ?? 0)),
    now.latencies.max,
  );
  const fresh = snapshot.freshness.sent.since(before.snapshot.freshness.sent);
  const seconds = (snapshot.at - before.snapshot.at) / 1_000;
  const p99 = acknowledged.quantile(0.99);
  const parts = Object.keys(snapshot.cpu);
  return {
    [AT]: (snapshot.at - began) / 1_000,
    'samples/s': (snapshot.samples.store - before.snapshot.samples.store) / seconds,
    'waiting in the relay, samples': snapshot.queued,
    'acknowledgement p99, ms': p99 === 0 ? null : p99,
    'sent to queryable p99, s': fresh.count === 0 ? null : fresh.quantile(0.99),
    ...Object.fromEntries(parts.map((part) => [`${part}: memory, MiB`, snapshot.memory.now[part]!])),
    ...Object.fromEntries(parts.map((part) => [`${part}: open files, files`, snapshot.openFiles[part]!])),
    ...Object.fromEntries(
      parts.map((part) => [
        `${part}: CPU, % of a core`,
        ((snapshot.cpu[part]! - before.snapshot.cpu[part]!) / seconds) * 100,
      ]),
    ),
  };
}

function inWords(moment: Moment, seconds: number): string {
  const said = Object.entries(moment)
    .filter(([name]) => /^samples|waiting|p99|memory/.test(name))
    .map(([name, value]) => `${name} ${value === null ? '-' : threeDigits(value)}`);
  return `${moment[AT]!.toFixed(0)} of ${seconds} s: ${said.join('; ')}`;
}
