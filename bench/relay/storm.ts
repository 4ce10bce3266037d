import type { ChildProcess } from 'node:child_process';
import type { Ledger } from '../../lib/ledger.ts';
import type { BenchResult } from '../result.ts';
import { AS_DEPLOYED } from './as-deployed.ts';
import { answer, ask, start } from './processes.ts';
import type { Report } from './returning-hosts.ts';

/** Everybody comes back within this, or the storm is not over. */
const STORM_MS = 120_000;
const SETTLE_MS = 30_000;

export interface Storm {
  /** From kill -9 until each was back and had once nothing unacknowledged, and of it until the relay ran again; s. */
  readonly backAfter: number;
  readonly startedAfter: number;
  readonly report: Report;
  readonly hosts: number;
  /** Frames that hosts hold for acknowledged and the relay has never taken. */
  readonly lost: number;
  readonly frames: number;
  /** The relay that runs now. */
  readonly relay: ChildProcess;
}

/** Kills a relay (-9) with all hosts connected and talking, starts it again on its port, and waits until everybody is back and current. */
export async function storm(
  relay: ChildProcess,
  hosts: ChildProcess,
  config: object,
  count: number,
  port: number,
): Promise<Storm> {
  await ask(hosts, { do: 'report' });
  relay.kill('SIGKILL');
  await new Promise((resolve) => relay.once('exit', resolve));
  const began = performance.now();
  const there = { ...config, mqtt: { listen: `127.0.0.1:${port}` } };
  const again = start('relay.ts', [JSON.stringify(there)], [], AS_DEPLOYED);
  try {
    const { http } = await answer<{ http: number }>(again);
    const started = performance.now();
    const report = await ask(hosts, { do: 'settle', withinMs: STORM_MS, again: true });
    const back = performance.now();
    await ask(hosts, { do: 'hush' });
    const last = await ask(hosts, { do: 'settle', withinMs: SETTLE_MS });
    return {
      backAfter: (back - began) / 1_000,
      startedAfter: (started - began) / 1_000,
      report,
      hosts: count,
      lost: last.frames - last.queued - (await framesIn(http)),
      frames: last.frames,
      relay: again,
    };
  } catch (error) {
    again.kill('SIGKILL');
    throw error;
  }
}

/** @param everyMs one frame a host in this time */
export function stormFigures({ backAfter, startedAfter, report, hosts, lost, frames }: Storm, everyMs: number) {
  const results: BenchResult[] = [
    {
      name: 'storm: everybody back and current, after kill -9',
      value: backAfter,
      unit: 's',
      target: 30,
      note: `${report.up} of ${hosts} back, ${report.queued} frames on their way; the start took ${startedAfter.toFixed(2)} s`,
    },
    {
      name: 'storm: came back by a ticket',
      value: (report.resumed / hosts) * 100,
      unit: '% of the hosts',
      note: `${report.resumed} of ${hosts}; the others by a full handshake`,
    },
    {
      name: 'storm: acknowledgement, p99',
      value: report.p99,
      unit: 'ms',
      target: 2_000,
      note: `${report.acknowledged} frames, one a host in ${everyMs / 1_000} s, those of the backlog included`,
    },
    { name: 'storm: frames lost', value: lost, unit: 'frames', target: 0, note: `of ${frames}` },
  ];
  return results;
}

/** Different frames of the hosts that the relay has ever taken. */
export async function framesIn(http: number): Promise<number> {
  const ledger = (await (await fetch(`http://127.0.0.1:${http}/ledger.json`)).json()) as Ledger;
  const log = ledger.entries.find((entry) => entry.class === 'log')!;
  return log.in.frames - log.repeated.frames;
}
