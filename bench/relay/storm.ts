import type { ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import type { Ledger } from '../../lib/ledger.ts';
import type { ProfileOrder } from '../process/profiler.ts';
import type { BenchResult } from '../result.ts';
import { deployedAt } from './as-deployed.ts';
import type { Crowd, CrowdReport } from './crowd.ts';
import { answer, start, usage } from './processes.ts';
import type { Station } from './station.ts';

/** Everybody comes back within this, or the storm is not over. */
const STORM_MS = 120_000;
const SETTLE_MS = 30_000;

export interface Storm {
  /** From kill -9 until each was back and had once nothing unacknowledged, and of it until the relay ran again; s. */
  readonly backAfter: number;
  readonly startedAfter: number;
  /** s from kill -9 until half of the hosts were, and all but one of a hundred. */
  readonly halfAfter: number;
  readonly nearlyAllAfter: number;
  readonly report: CrowdReport;
  readonly hosts: number;
  /** Frames that hosts ever made, acknowledged or not, that are not in the relay's record, or that the core has not. */
  readonly lost: number;
  readonly frames: number;
  /** CPU from kill -9 until everybody was back: of the relay, its start included, and of each process of hosts, s. */
  readonly relayCpu: number;
  readonly hostsCpu: readonly number[];
  /** The relay that runs now. */
  readonly relay: ChildProcess;
}

/** Kills a relay (-9) with all hosts connected and talking, starts it again on its port, and waits until everybody is back and current. */
export async function storm(
  relay: ChildProcess,
  hosts: Crowd,
  config: Station['config'],
  count: number,
  port: number,
): Promise<Storm> {
  const { cpu: cpuBefore } = await hosts.ask({ do: 'report' });
  relay.kill('SIGKILL');
  await new Promise((resolve) => relay.once('exit', resolve));
  const began = Date.now();
  const there = { ...config, mqtt: { listen: `127.0.0.1:${port}` } };
  const again = start('relay.ts', [JSON.stringify(there)], [], deployedAt(config));
  try {
    const { http } = await answer<{ http: number }>(again);
    const started = Date.now();
    profile(again, 'storm');
    const report = await hosts.ask({ do: 'settle', withinMs: STORM_MS, again: true });
    const back = Date.now();
    profile(again, null);
    const { cpu: relayCpu } = await usage(again);
    await hosts.ask({ do: 'hush' });
    await hosts.ask({ do: 'settle', withinMs: SETTLE_MS });
    const { unrecorded, frames } = await hosts.ask({ do: 'audit', http });
    const after = (at: number) => (at - began) / 1_000;
    const settledAfter = (share: number) => after(report.settledAt[Math.ceil(count * share) - 1] ?? back);
    return {
      backAfter: after(back),
      startedAfter: after(started),
      halfAfter: settledAfter(0.5),
      nearlyAllAfter: settledAfter(0.99),
      report,
      hosts: count,
      lost: Math.max(unrecorded, await framesMissing(http, frames)),
      frames,
      relayCpu,
      hostsCpu: report.cpu.map((cpu, at) => cpu - cpuBefore[at]!),
      relay: again,
    };
  } catch (error) {
    again.kill('SIGKILL');
    throw error;
  }
}

/** @param everyMs one frame a host in this time */
export function stormFigures(stormed: Storm, everyMs: number) {
  const { backAfter, startedAfter, halfAfter, nearlyAllAfter, report, hosts, lost, frames } = stormed;
  const s = (seconds: number) => seconds.toFixed(1);
  const failed = Object.entries(report.failed).map(([reason, count]) => `${count} "${reason}"`);
  const results: BenchResult[] = [
    {
      name: 'storm: everybody back and current, after kill -9',
      value: backAfter,
      unit: 's',
      target: 30,
      note: `${report.up} of ${hosts} back, ${report.queued} frames on their way; the start took ${startedAfter.toFixed(2)} s, half were back after ${s(halfAfter)} s, 99 % after ${s(nearlyAllAfter)} s`,
    },
    {
      name: 'storm: came back by a ticket',
      value: (report.resumed / hosts) * 100,
      unit: '% of the hosts',
      note: `${report.resumed} of ${hosts}; the others by a full handshake. Attempts that failed and connections that ended: ${failed.join(', ')}`,
    },
    {
      name: 'storm: CPU of the relay, its start included',
      value: stormed.relayCpu,
      unit: 's',
      note: `${((stormed.relayCpu / hosts) * 1_000).toFixed(2)} ms a host, its frames meanwhile included; the hosts' own ${stormed.hostsCpu.map(s).join(' and ')} s, each a process of one thread, are not in it`,
    },
    {
      name: 'storm: acknowledgement, p99',
      value: report.p99,
      unit: 'ms',
      target: 2_000,
      note: `${report.acknowledged} frames, one a host in ${everyMs / 1_000} s, those of the backlog included`,
    },
    {
      name: 'storm: frames lost',
      value: lost,
      unit: 'frames',
      target: 0,
      note: `of ${frames} ever made, by the relay's record of what it received and the core has`,
    },
  ];
  return results;
}

/**
 * Waits until a relay has brought everything to the core.
 * @returns frames of so many that it has not taken, or has not brought there
 */
export async function framesMissing(http: number, frames: number): Promise<number> {
  const log = async () => {
    const ledger = (await (await fetch(`http://127.0.0.1:${http}/ledger.json`)).json()) as Ledger;
    return ledger.entries.find((entry) => entry.class === 'log')!;
  };
  const until = performance.now() + SETTLE_MS;
  let entry = await log();
  while (entry.queued.frames > 0 && performance.now() < until) {
    await wait(50);
    entry = await log();
  }
  return frames - entry.out.frames;
}

/** Where a profile of the storm is asked for. */
function profile(relay: ChildProcess, name: string | null): void {
  if (process.env.HELIOGRAPH_BENCH_PROFILE) relay.send({ profile: name } satisfies ProfileOrder);
}
