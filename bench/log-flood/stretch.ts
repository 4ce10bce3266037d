import { setTimeout as wait } from 'node:timers/promises';
import { LINE_BYTES } from '../log-lines.ts';
import { type Look, look } from './look.ts';
import type { FloodOptions } from './options.ts';
import type { FloodStation } from './station.ts';

/** From the first line until it is counted: code is compiled, windows are full. */
const WARM_MS = 3_000;
const LOOK_EVERY_MS = 1_000;
const SETTLE_MS = 120_000;
/** What may wait at hosts and relay at the end, in seconds of the load: a block's linger, a stall of the disk. */
const MOST_BEHIND_S = 1.5;
/** And how much of the load it may grow by. */
const MOST_GROWTH = 0.02;

/** A stretch of time at one rate. */
export interface Stretch {
  readonly megabytes: number;
  readonly before: Look;
  readonly after: Look;
  /** Most lines that waited at hosts and relay at a look. */
  readonly mostWaiting: number;
  /** Slowest acknowledgement of a frame, ms. */
  readonly slowest: number;
  /** Lines a second that came to the bus. */
  readonly linesPerSecond: number;
  /** What waits did not grow, and was little. */
  readonly sustained: boolean;
}

/** Lines that were ever prepared: the next has the number after. */
export interface Numbers {
  next: number;
}

/** Prepares frames, floods with them for the seconds that are counted (and some before), and waits until all of it is on the bus. */
export async function stretch(
  station: FloodStation,
  options: FloodOptions,
  megabytes: number,
  seconds: number,
  numbers: Numbers,
): Promise<Stretch> {
  const linesPerSecond = (megabytes * 1e6) / LINE_BYTES;
  const perWorker = Math.ceil((linesPerSecond * (seconds + WARM_MS / 1000 + 1)) / options.workers);
  const perSaying = Math.max(1, Math.round(((linesPerSecond / options.hosts) * options.spanMs) / 1000));
  const from = numbers.next;
  numbers.next += perWorker * options.workers;
  await station.order((worker) => ({
    do: 'prepare',
    folder: station.folder,
    from: from + worker * perWorker,
    lines: perWorker,
    perSaying,
  }));
  await station.order(() => ({ do: 'flood', linesPerSecond: linesPerSecond / options.workers }));
  await wait(WARM_MS);
  const before = await look(station);
  const looks = [before];
  station.profile(true);
  while (performance.now() < before.at + seconds * 1000 - LOOK_EVERY_MS / 2) {
    await wait(LOOK_EVERY_MS);
    looks.push(await look(station));
  }
  const after = looks.at(-1)!;
  station.profile(false);
  const settled = await station.order(() => ({ do: 'settle', withinMs: SETTLE_MS }));
  if (settled.unacknowledgedFrames > 0) {
    throw new TypeError(`${settled.unacknowledgedFrames} frames were not acknowledged in ${SETTLE_MS} ms`);
  }
  const came = ((after.relay.out - before.relay.out) / (after.at - before.at)) * 1000;
  const behind = looks.map(({ at, hosts, relay }) => [at / 1000, hosts.waiting + relay.queued] as const);
  const last = behind.at(-1)![1];
  return {
    megabytes,
    before,
    after,
    mostWaiting: Math.max(...behind.map(([, lines]) => lines)),
    slowest: Math.max(...looks.slice(1).map(({ hosts }) => hosts.slowest)),
    linesPerSecond: came,
    sustained: last < MOST_BEHIND_S * linesPerSecond && slope(behind) < MOST_GROWTH * linesPerSecond,
  };
}

/** Of the line that lies nearest to the points. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return over / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
