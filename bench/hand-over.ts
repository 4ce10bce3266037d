import type { ChildProcess } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DRAIN_FILE, type DrainOrder } from '../relay/drain.ts';
import { progressLine as say } from './end-to-end/progress-line.ts';
import { figure } from './page/figure.ts';
import { AS_DEPLOYED, deployedAt } from './relay/as-deployed.ts';
import { LinkedCrowd, type LinkedCrowdReport } from './relay/linked-crowd.ts';
import { answer, start } from './relay/processes.ts';
import { openStation } from './relay/station.ts';
import { type BenchResult, type BenchRun, meetsTarget } from './result.ts';
import { USUAL_HOSTS } from './settings.ts';

const HOSTS = Number(process.env.HELIOGRAPH_BENCH_HOSTS ?? USUAL_HOSTS['hand-over']);
const AT_ONCE = 50;
const PROCESSES = 2;
const EVERY_MS = 10_000;
const BEFORE_MS = 10_000;
/** As the command has it unless it is told otherwise. */
const DRAIN_OVER_MS = 30_000;
/** So that a run is over in minutes; hosts try between this and twice as much. */
const HOMECOMING_MS = 60_000;
/** Hosts are asked to stay away for less than that. */
const AWAY_MS = 5_000;
/** No part of it takes longer, or it has failed. */
const MOST_MS = 150_000;
const SETTLE_MS = 60_000;

interface Addresses {
  readonly mqtt: number;
  readonly http: number;
}

/** Hosts that went from one relay to the other. */
interface Moved {
  readonly name: string;
  readonly target: number;
  readonly seconds: number;
  readonly halfAfter: number;
  readonly report: LinkedCrowdReport;
  readonly sentAgain: number;
  readonly note: string;
}

/**
 * Hosts with a collector's link to two relays, all at the first, before one core. The first is drained: all go over to the second. It is welcome
 * again: all come home. It is killed (-9): all flee. Hosts talk all the time; the core counts what comes, over both relays. Hosts are other processes.
 */
export async function run(): Promise<BenchRun> {
  say(`certificates of ${HOSTS} hosts`);
  const station = await openStation(HOSTS, true);
  const second = await station.another('relay2');
  const relays = {
    a: start('relay.ts', [JSON.stringify(station.config)], [], deployedAt(station.config)),
    b: start('relay.ts', [JSON.stringify(second)], [], AS_DEPLOYED),
  };
  let crowd: LinkedCrowd | undefined;
  try {
    const [a, b] = await Promise.all([answer<Addresses>(relays.a), answer<Addresses>(relays.b)]);
    const hosts = await LinkedCrowd.open({
      relays: [a, b].map(({ mqtt }, at) => ({ host: '127.0.0.1', port: mqtt, weight: 1, tier: at + 1 })),
      homecomingMs: HOMECOMING_MS,
      ...{ directory: station.ca, hosts: HOSTS, processes: PROCESSES },
    });
    crowd = hosts;
    say(`${HOSTS} hosts connect to the first relay`);
    await hosts.ask({ do: 'connect', atOnce: Math.ceil(AT_ONCE / PROCESSES) });
    await hosts.ask({ do: 'talk', everyMs: EVERY_MS });
    await wait(BEFORE_MS);
    let again = (await hosts.ask({ do: 'settle', withinMs: 0 })).sentAgain;
    const go = async (name: string, target: number, port: number, note: string, begin: () => Promise<void> | void) => {
      say(name);
      const began = Date.now();
      await begin();
      const report = await hosts.ask({ do: 'arrive', port, withinMs: MOST_MS });
      const at = (share: number) => ((report.arrivedAt[Math.ceil(HOSTS * share) - 1] ?? Date.now()) - began) / 1_000;
      const moved: Moved = {
        name,
        target,
        seconds: at(1),
        halfAfter: at(0.5),
        report,
        sentAgain: report.sentAgain - again,
        note,
      };
      again = report.sentAgain;
      return { moved, here: report.at[port] ?? 0 };
    };
    const file = join(station.config.dataDir, DRAIN_FILE);
    const order: DrainOrder = { overMs: DRAIN_OVER_MS, awayMs: AWAY_MS };
    const stages = [
      await go(
        'drain: all at the other relay',
        DRAIN_OVER_MS / 1_000 + 10,
        b.mqtt,
        `told over ${DRAIN_OVER_MS / 1_000} s`,
        () => writeFileSync(file, JSON.stringify(order)),
      ),
      await go(
        'undrain: all home',
        (2 * HOMECOMING_MS) / 1_000 + 10,
        a.mqtt,
        `homecoming ${HOMECOMING_MS / 1_000} s, from each host's arrival at the other relay`,
        () => rmSync(file),
      ),
    ];
    const down = await downEvents([a, b]);
    stages.push(await go('kill -9: all at the other relay', 30, b.mqtt, 'no word before', () => killed(relays.a)));
    await hosts.ask({ do: 'hush' });
    const last = await hosts.ask({ do: 'settle', withinMs: SETTLE_MS });
    // What it had acknowledged and not brought to the core is in its journal.
    const there = { ...station.config, mqtt: { listen: `127.0.0.1:${a.mqtt}` } };
    relays.a = start('relay.ts', [JSON.stringify(there)], [], deployedAt(station.config));
    await answer<Addresses>(relays.a);
    const counted = await untilThere(station, last.frames);
    const results: BenchResult[] = stages.flatMap(({ moved, here }) => figuresOf(moved, here));
    results.push(
      { name: 'drain and undrain: host_down events of both relays', value: down, unit: 'events', target: 0 },
      {
        name: 'frames that came to the core twice, and are stored once',
        value: counted.repeated,
        unit: 'frames',
        note: `of ${last.frames}`,
      },
      {
        name: 'frames lost',
        value: last.frames - counted.frames,
        unit: 'frames',
        target: 0,
        note: `of ${last.frames} that hosts ever made, by the core's count over both relays; ${last.queued} not acknowledged`,
      },
    );
    const missed = results.filter((result) => meetsTarget(result) === false);
    return {
      results,
      wrong: missed.map(({ name, value, unit, target }) => `${name}: ${figure(value)} ${unit}, not ${target}`),
    };
  } finally {
    crowd?.kill();
    for (const relay of Object.values(relays)) relay.kill('SIGKILL');
    station.close();
  }
}

function figuresOf({ name, target, seconds, halfAfter, report, sentAgain, note }: Moved, here: number): BenchResult[] {
  const failed = Object.entries(report.failed).map(([reason, count]) => `${count} "${reason}"`);
  return [
    {
      name,
      value: seconds,
      unit: 's',
      target,
      note: `${here} of ${HOSTS} there, half after ${halfAfter.toFixed(1)} s; ${note}; a frame a host in ${EVERY_MS / 1_000} s. Connections that ended or did not come about: ${failed.join(', ') || 'none'}`,
    },
    { name: `${name.split(':')[0]}: frames sent again`, value: sentAgain, unit: 'frames' },
  ];
}

async function killed(relay: ChildProcess): Promise<void> {
  relay.kill('SIGKILL');
  await new Promise((resolve) => relay.once('exit', resolve));
}

/** Events of relays that call a host dead. */
async function downEvents(relays: readonly Addresses[]): Promise<number> {
  let sum = 0;
  for (const { http } of relays) {
    const page = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
    sum += Number(/^heliograph_relay_events_total\{type="host_down"\} (\d+)$/m.exec(page)?.[1] ?? 0);
  }
  return sum;
}

/** Waits until all frames are at the core, or no more come. */
async function untilThere(station: Awaited<ReturnType<typeof openStation>>, frames: number) {
  const until = performance.now() + SETTLE_MS;
  let counted = await station.counted();
  while (counted.frames < frames && performance.now() < until) {
    await wait(100);
    counted = await station.counted();
  }
  return counted;
}
