import type { ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { threeDigits } from './page/three-digits.ts';
import { AS_DEPLOYED } from './relay/as-deployed.ts';
import { answer, start, usage } from './relay/processes.ts';
import { openStation } from './relay/station.ts';
import type { TurnFigures } from './relay/turns.ts';
import type { BenchResult } from './result.ts';
import { USUAL_HOSTS } from './settings.ts';

/** HELIOGRAPH_BENCH_HOSTS, and HELIOGRAPH_BENCH_FRAMES a second over all of them, in a process beside the relay. */
const HOSTS = Number(process.env.HELIOGRAPH_BENCH_HOSTS ?? USUAL_HOSTS['relay-steady']);
const FRAMES = Number(process.env.HELIOGRAPH_BENCH_FRAMES ?? 10_000);
const INSTANTS = Number(process.env.HELIOGRAPH_BENCH_INSTANTS ?? 1);
const SERIES = 100;
const WARM_SECONDS = 10;
const SECONDS = Number(process.env.HELIOGRAPH_BENCH_SECONDS ?? 20);

/**
 * A relay in the steady state: hosts that are connected send by the clock. How long a turn of its event loop takes, what a
 * host needs of memory while it sends, and CPU. The first part warms the code up and is not counted.
 */
export async function run(): Promise<BenchResult[]> {
  const station = await openStation(HOSTS);
  const relay = start('relay.ts', [JSON.stringify(station.config)], ['--expose-gc'], AS_DEPLOYED);
  const clients = start('clients.ts', []);
  try {
    const at = await answer<{ mqtt: number }>(relay);
    const first = await usage(relay, true);
    const everyMs = (HOSTS / FRAMES) * 1000;
    clients.send({
      directory: station.ca,
      hosts: HOSTS,
      frames: 0,
      instants: INSTANTS,
      from: 1,
      everyMs,
      port: at.mqtt,
    });
    await answer(clients);
    const open = await usage(relay, true);
    clients.send({ go: true, seconds: WARM_SECONDS + SECONDS });
    const done = answer<{ frames: number }>(clients);
    await wait(WARM_SECONDS * 1000);
    const before = await usage(relay);
    relay.send({ turns: 'begin' });
    await wait((SECONDS - 1) * 1000);
    const turns = await turnsOf(relay);
    const after = await usage(relay);
    const { frames } = await done;
    const rate = frames / (WARM_SECONDS + SECONDS);
    await wait(2000);
    const last = await usage(relay, true);
    const perFrame = (after.cpu - before.cpu) / (rate * (SECONDS - 1));
    const note = `${HOSTS} TLS connections, ${Math.round(rate)} frames/s of ${INSTANTS * SERIES} samples; ${Math.round(FRAMES)} wanted`;
    return [
      {
        name: 'CPU of the longest turn of the event loop',
        value: threeDigits(turns.cpuMax),
        unit: 'ms',
        target: 20,
        note,
      },
      { name: 'CPU of a turn, p99', value: threeDigits(turns.cpuP99), unit: 'ms' },
      { name: 'latest turn, waiting for a core included', value: threeDigits(turns.lateMax), unit: 'ms' },
      { name: 'lateness of a turn, p99', value: threeDigits(turns.lateP99), unit: 'ms' },
      { name: 'CPU of a frame', value: threeDigits(perFrame * 1e6), unit: 'us' },
      { name: 'memory while it sends', value: threeDigits(after.memory / 2 ** 20), unit: 'MiB' },
      { name: 'memory of a connection that sent', value: kib(last.memory - first.memory), unit: 'KiB', note },
      { name: 'memory of a connection before', value: kib(open.memory - first.memory), unit: 'KiB' },
    ];
  } finally {
    relay.kill('SIGKILL');
    clients.kill();
    station.close();
  }
}

function turnsOf(relay: ChildProcess): Promise<TurnFigures> {
  relay.send({ turns: 'end' });
  return answer(relay);
}

function kib(bytes: number): number {
  return threeDigits(bytes / HOSTS / 1024);
}
