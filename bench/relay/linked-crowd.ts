import type { ChildProcess } from 'node:child_process';
import type { RelayMember } from '../../collector/core/uplink/relay-order.ts';
import type { LinkedOrder, LinkedReport } from './linked-hosts.ts';
import { answer, start } from './processes.ts';

/** Of all processes, as of one. */
export type LinkedCrowdReport = LinkedReport;

/** Hosts with a collector's link, spread over processes that do as they are told. */
export class LinkedCrowd {
  readonly #processes: readonly ChildProcess[];

  private constructor(processes: readonly ChildProcess[]) {
    this.#processes = processes;
  }

  static async open(options: {
    readonly relays: readonly RelayMember[];
    readonly homecomingMs: number;
    /** The authority's folder. */
    readonly directory: string;
    readonly hosts: number;
    readonly processes: number;
  }): Promise<LinkedCrowd> {
    const { hosts, processes, ...rest } = options;
    const from = (part: number) => Math.floor((part * hosts) / processes);
    const crowd = new LinkedCrowd(Array.from({ length: processes }, () => start('linked-hosts.ts', [])));
    await crowd.#all((part) => ({ do: 'open', ...rest, first: from(part), hosts: from(part + 1) - from(part) }));
    return crowd;
  }

  /** Tells all processes the same. @returns their reports when they have done it */
  ask(order: Exclude<LinkedOrder, { do: 'open' }>): Promise<LinkedCrowdReport> {
    return this.#all(() => order);
  }

  kill(): void {
    for (const child of this.#processes) child.kill('SIGKILL');
  }

  async #all(order: (part: number) => LinkedOrder): Promise<LinkedCrowdReport> {
    const reports = await Promise.all(
      this.#processes.map((child, part) => {
        child.send(order(part));
        return answer<LinkedReport>(child);
      }),
    );
    return mergedLinks(reports);
  }
}

/** What processes report, as of one. */
export function mergedLinks(reports: readonly LinkedReport[]): LinkedCrowdReport {
  const sum = (of: 'queued' | 'frames' | 'sentAgain' | 'connects' | 'handOvers') =>
    reports.reduce((total, report) => total + report[of], 0);
  const byKey = (of: 'at' | 'failed') => {
    const sums: Record<string, number> = {};
    for (const report of reports) {
      for (const [key, count] of Object.entries(report[of])) sums[key] = (sums[key] ?? 0) + count;
    }
    return sums;
  };
  return {
    at: byKey('at'),
    failed: byKey('failed'),
    queued: sum('queued'),
    frames: sum('frames'),
    sentAgain: sum('sentAgain'),
    connects: sum('connects'),
    handOvers: sum('handOvers'),
    arrivedAt: reports.flatMap((report) => report.arrivedAt).sort((x, y) => x - y),
  };
}
