import type { ChildProcess } from 'node:child_process';
import { answer, start } from './processes.ts';
import type { Order, Report } from './returning-hosts.ts';

/** Hosts in all processes of a crowd, as one report. */
export interface CrowdReport extends Omit<Report, 'latencies' | 'waits' | 'cpu'> {
  /**
   * ms from sending to acknowledgement, since the report before. What is not acknowledged yet counts as long as it has waited: the slow ones are found
   * there. NaN: nothing was sent.
   */
  readonly p99: number;
  readonly acknowledged: number;
  /** Of each process since its start, s. */
  readonly cpu: readonly number[];
}

export interface CrowdOptions {
  readonly port: number;
  /** The authority's folder. */
  readonly directory: string;
  readonly hosts: number;
  /** The number of the first; 0 if not given. */
  readonly first?: number;
  /** One if not given. A process of hosts has one thread: many hosts that come back at once wait for each other in it. */
  readonly processes?: number;
}

interface Part {
  readonly child: ChildProcess;
  readonly hosts: number;
}

/** Hosts that come back by themselves, spread over processes that do as they are told. */
export class Crowd {
  readonly #parts: readonly Part[];

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  static async open({ port, directory, hosts, first = 0, processes = 1 }: CrowdOptions): Promise<Crowd> {
    const from = (part: number) => Math.floor((part * hosts) / processes);
    const parts = Array.from({ length: processes }, (_, part) => ({
      child: start('returning-hosts.ts', []),
      hosts: from(part + 1) - from(part),
    }));
    const crowd = new Crowd(parts);
    await crowd.#all((count, part) => ({ do: 'open', port, directory, hosts: count, first: first + from(part) }));
    return crowd;
  }

  /** The first so many of all connect that are not there yet, so many at once. */
  connect(hosts: number, atOnce: number): Promise<CrowdReport> {
    const { length } = this.#parts;
    const all = this.#parts.reduce((sum, part) => sum + part.hosts, 0);
    return this.#all((count) => ({
      do: 'connect',
      atOnce: Math.ceil(atOnce / length),
      hosts: Math.round((hosts / all) * count),
    }));
  }

  /** Tells all processes the same. @returns their reports when they have done it */
  ask(order: Exclude<Order, { do: 'open' | 'connect' }>): Promise<CrowdReport> {
    return this.#all(() => order);
  }

  kill(): void {
    for (const { child } of this.#parts) child.kill('SIGKILL');
  }

  async #all(order: (hosts: number, part: number) => Order): Promise<CrowdReport> {
    const reports = await Promise.all(
      this.#parts.map(({ child, hosts }, part) => {
        child.send(order(hosts, part));
        return answer<Report>(child);
      }),
    );
    return merged(reports);
  }
}

/** What processes report, as of one. */
export function merged(reports: readonly Report[]): CrowdReport {
  const sum = (of: 'up' | 'resumed' | 'queued' | 'frames' | 'unrecorded') =>
    reports.reduce((total, report) => total + report[of], 0);
  const latencies = reports.flatMap(({ latencies: ended, waits }) => [...ended, ...waits]).sort((a, b) => a - b);
  const failed: Record<string, number> = {};
  for (const report of reports) {
    for (const [reason, count] of Object.entries(report.failed)) failed[reason] = (failed[reason] ?? 0) + count;
  }
  return {
    up: sum('up'),
    resumed: sum('resumed'),
    queued: sum('queued'),
    frames: sum('frames'),
    unrecorded: sum('unrecorded'),
    settledAt: reports.flatMap((report) => report.settledAt).sort((a, b) => a - b),
    failed,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
    acknowledged: reports.reduce((total, { latencies: ended }) => total + ended.length, 0),
    cpu: reports.map((report) => report.cpu),
  };
}
