import type { ChildProcess } from 'node:child_process';
import { threeDigits } from './page/three-digits.ts';
import { AS_DEPLOYED } from './relay/as-deployed.ts';
import type { Load } from './relay/clients.ts';
import { answer, start, usage } from './relay/processes.ts';
import { openStation } from './relay/station.ts';
import type { BenchResult } from './result.ts';
import { USUAL_HOSTS } from './settings.ts';

const HOSTS = Number(process.env.HELIOGRAPH_BENCH_HOSTS ?? USUAL_HOSTS['relay-websocket']);
/** A second, over all hosts. */
const FRAMES = Number(process.env.HELIOGRAPH_BENCH_FRAMES ?? 2000);
const SECONDS = Number(process.env.HELIOGRAPH_BENCH_SECONDS ?? 10);
const SERIES = 100;
/** Of each way, in turn, so that both find the machine alike; the first of each warms up and is not counted. */
const ROUNDS = 4;
const PATH = '/mqtt';

type Way = 'tls' | 'websocket';

interface Round {
  /** Of the relay while frames were sent, s. */
  cpu: number;
  frames: number;
}

/** What MQTT over WebSocket costs a relay beside MQTT straight over TLS: the same relay, hosts and frames, the two ways in turn. */
export async function run(): Promise<BenchResult[]> {
  const station = await openStation(HOSTS);
  const config = { ...station.config, websocket: { path: PATH } };
  const relay = start('relay.ts', [JSON.stringify(config)], ['--expose-gc'], AS_DEPLOYED);
  try {
    const { mqtt: port } = await answer<{ mqtt: number }>(relay);
    const spent: Record<Way, Round> = {
      tls: { cpu: 0, frames: 0 },
      websocket: { cpu: 0, frames: 0 },
    };
    const load = {
      directory: station.ca,
      hosts: HOSTS,
      frames: 0,
      instants: 1,
      everyMs: (HOSTS / FRAMES) * 1000,
      port,
    };
    for (let round = 0; round < ROUNDS; round++) {
      for (const way of ['tls', 'websocket'] as const) {
        const from = 1 + round * 1_000_000 + (way === 'tls' ? 0 : 500_000);
        const done = await oneRound(relay, { ...load, from, ...(way === 'tls' ? {} : { path: PATH }) });
        if (round === 0) continue;
        spent[way].cpu += done.cpu;
        spent[way].frames += done.frames;
      }
    }
    const us = (way: Way) => (spent[way].cpu / spent[way].frames) * 1e6;
    const note = `${HOSTS} hosts, ${FRAMES} frames/s of ${SERIES} samples wanted, ${spent.tls.frames} and ${spent.websocket.frames} counted`;
    return [
      { name: 'CPU of a frame straight over TLS', value: threeDigits(us('tls')), unit: 'us', note },
      { name: 'CPU of a frame over WebSocket', value: threeDigits(us('websocket')), unit: 'us' },
      { name: 'WebSocket to TLS', value: threeDigits(us('websocket') / us('tls')), unit: '' },
    ];
  } finally {
    relay.kill('SIGKILL');
    station.close();
  }
}

async function oneRound(relay: ChildProcess, load: Load): Promise<Round> {
  const clients = start('clients.ts', []);
  try {
    clients.send(load);
    await answer(clients);
    const before = await usage(relay, true);
    clients.send({ go: true, seconds: SECONDS });
    const { frames } = await answer<{ frames: number }>(clients);
    const after = await usage(relay);
    return { cpu: after.cpu - before.cpu, frames };
  } finally {
    if (clients.exitCode === null) {
      const gone = new Promise((resolve) => clients.once('exit', resolve));
      clients.kill();
      await gone;
    }
  }
}
