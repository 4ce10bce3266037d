import { setTimeout as wait } from 'node:timers/promises';
import { progressLine as say } from './end-to-end/progress-line.ts';
import { figure } from './page/figure.ts';
import { AS_DEPLOYED, deployedAt } from './relay/as-deployed.ts';
import { Crowd } from './relay/crowd.ts';
import { answer, start, usage } from './relay/processes.ts';
import { openStation } from './relay/station.ts';
import { framesMissing, storm, stormFigures } from './relay/storm.ts';
import type { BenchResult, BenchRun } from './result.ts';
import { meetsTarget } from './result.ts';
import { USUAL_HOSTS } from './settings.ts';

/** HELIOGRAPH_BENCH_HOSTS=10000 for the figures that count; one certificate each is made first, which takes a while. */
const HOSTS = Number(process.env.HELIOGRAPH_BENCH_HOSTS ?? USUAL_HOSTS.storm);
/** One of so many hosts is at a second relay, which stays. */
const ELSEWHERE = 10;
const AT_ONCE = 50;
/** Of the hosts that come back. A process has one thread; with one for all of them it is they who are the limit. */
const PROCESSES = 2;
/** One frame a host in this time, before, in and after the storm. */
const EVERY_MS = 5_000;
const BEFORE_MS = 10_000;

/**
 * A storm: hosts talk to a relay, which is killed (-9) and started again, and all come back by themselves, as collectors do; some hosts at a second
 * relay before the same core go on talking meanwhile, and should not feel it. The hosts are other processes and not counted.
 */
export async function run(): Promise<BenchRun> {
  const stay = Math.max(1, Math.floor(HOSTS / ELSEWHERE));
  say(`certificates of ${HOSTS + stay} hosts`);
  const station = await openStation(HOSTS + stay);
  const children = {
    relay: start('relay.ts', [JSON.stringify(station.config)], [], deployedAt(station.config)),
    second: start('relay.ts', [JSON.stringify(await station.another('relay2'))], [], AS_DEPLOYED),
  };
  const crowds: Crowd[] = [];
  try {
    const [at, second] = await Promise.all([answer<Addresses>(children.relay), answer<Addresses>(children.second)]);
    const { ca: directory } = station;
    const leaving = await Crowd.open({ port: at.mqtt, directory, hosts: HOSTS, processes: PROCESSES });
    crowds.push(leaving);
    const staying = await Crowd.open({ port: second.mqtt, directory, hosts: stay, first: HOSTS });
    crowds.push(staying);
    say(`${HOSTS} hosts connect to the relay, and ${stay} to a second one`);
    await leaving.connect(HOSTS, AT_ONCE);
    await staying.connect(stay, AT_ONCE);
    for (const hosts of [leaving, staying]) await hosts.ask({ do: 'talk', everyMs: EVERY_MS });
    await wait(BEFORE_MS);
    const calm = await staying.ask({ do: 'report' });
    say('the relay is killed');
    const stormed = await storm(children.relay, leaving, station.config, HOSTS, at.mqtt);
    children.relay = stormed.relay;
    const meanwhile = await staying.ask({ do: 'report' });
    await staying.ask({ do: 'hush' });
    await staying.ask({ do: 'settle', withinMs: EVERY_MS });
    const last = await staying.ask({ do: 'audit', http: second.http });
    const { memory } = await usage(stormed.relay);
    const load = `${HOSTS} hosts, one frame each in ${EVERY_MS / 1_000} s`;
    const results: BenchResult[] = [
      ...stormFigures(stormed, EVERY_MS),
      {
        name: 'at the second relay, meanwhile: still connected',
        value: stay - meanwhile.up,
        unit: 'hosts away',
        target: 0,
        note: `${stay} hosts`,
      },
      {
        name: 'at the second relay, meanwhile: acknowledgement, p99',
        value: meanwhile.p99,
        unit: 'ms',
        target: 2_000,
        note: `${meanwhile.acknowledged} frames; ${calm.p99.toFixed(1)} ms before the storm`,
      },
      {
        name: 'at the second relay: frames lost',
        value: Math.max(last.unrecorded, await framesMissing(second.http, last.frames)),
        unit: 'frames',
        target: 0,
        note: `of ${last.frames}`,
      },
      { name: 'memory of the relay after the storm', value: memory / 2 ** 20, unit: 'MiB', note: load },
    ];
    const missed = results.filter((result) => meetsTarget(result) === false);
    return {
      results,
      wrong: missed.map(({ name, value, unit, target }) => `${name}: ${figure(value)} ${unit}, not ${target}`),
    };
  } finally {
    for (const part of [...crowds, ...Object.values(children)]) part.kill('SIGKILL');
    station.close();
  }
}

interface Addresses {
  readonly mqtt: number;
  readonly http: number;
}
