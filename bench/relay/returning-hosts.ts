import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { RangesPage } from '../../relay/account.ts';
import { evenly } from './evenly.ts';
import { ReturningHost } from './returning-host.ts';

/** What the parent process asks for; each is answered by a report when it is done. */
export type Order =
  | {
      readonly do: 'open';
      readonly port: number;
      readonly directory: string;
      readonly hosts: number;
      /** The number of the first. */
      readonly first: number;
    }
  /** The first so many connect that are not there yet, so many at once: hosts share a process here, and would time out waiting for their own. */
  | { readonly do: 'connect'; readonly atOnce: number; readonly hosts: number }
  | { readonly do: 'leave' }
  /** Everybody makes a frame in each `everyMs`, spread over it, until told otherwise. */
  | { readonly do: 'talk'; readonly everyMs: number }
  | { readonly do: 'hush' }
  /**
   * Waits until each host was seen connected with nothing unacknowledged: who goes on talking has a frame on its way again and again.
   * `again`: and has connected anew since the last report.
   */
  | { readonly do: 'settle'; readonly withinMs: number; readonly again?: boolean }
  /** Holds all frames that were ever made against what the relay at this HTTP port says it has received. */
  | { readonly do: 'audit'; readonly http: number }
  | { readonly do: 'report' };

export interface Report {
  readonly up: number;
  readonly resumed: number;
  readonly queued: number;
  readonly frames: number;
  /** ms from sending to acknowledgement, of what was acknowledged since the report before. */
  readonly latencies: readonly number[];
  /** For how long what was sent and is not acknowledged has waited, ms. */
  readonly waits: readonly number[];
  /** After `settle`: when each host was seen as it waits for, ms since the epoch. */
  readonly settledAt: readonly number[];
  /** After `audit`: frames that the relay has no record of. */
  readonly unrecorded: number;
  /** Connections that ended or did not come about since the report before, by reason. */
  readonly failed: Readonly<Record<string, number>>;
  /** Of this process since its start, s. */
  readonly cpu: number;
}

let hosts: ReturningHost[] = [];
let latencies: number[] = [];
let failed: Record<string, number> = {};
let settledAt: number[] = [];
let unrecorded = 0;
let hush = (): void => undefined;
/** How often each was connected at the last report. */
let opensBefore: number[] = [];

async function connectSome(atOnce: number, count: number): Promise<void> {
  const some = hosts.slice(0, count).filter((host) => !host.up);
  for (let next = 0; next < some.length; ) {
    const under = some.slice(0, next).filter((host) => !host.up).length;
    for (const end = Math.min(some.length, next + atOnce - under); next < end; next++) some[next]!.connect();
    await wait(5);
  }
  while (!some.every((host) => host.up)) await wait(20);
}

function report(): Report {
  const { user, system } = process.cpuUsage();
  const made: Report = {
    up: hosts.filter((host) => host.up).length,
    resumed: hosts.filter((host) => host.up && host.resumed).length,
    queued: hosts.reduce((sum, host) => sum + host.queued, 0),
    frames: hosts.reduce((sum, host) => sum + host.frames, 0),
    latencies,
    waits: hosts.flatMap((host) => host.waits),
    settledAt,
    unrecorded,
    failed,
    cpu: (user + system) / 1e6,
  };
  latencies = [];
  settledAt = [];
  failed = {};
  opensBefore = hosts.map((host) => host.opens);
  return made;
}

async function settle(withinMs: number, again: boolean): Promise<void> {
  const until = performance.now() + withinMs;
  let open = hosts.map((host, at) => ({ host, opens: again ? (opensBefore[at] ?? 0) : -1 }));
  while (performance.now() < until) {
    const still = open.filter(({ host, opens }) => !host.up || host.queued > 0 || host.opens <= opens);
    for (let one = still.length; one < open.length; one++) settledAt.push(Date.now());
    open = still;
    if (open.length === 0) return;
    await wait(20);
  }
}

async function audit(http: number): Promise<void> {
  const page = (await (await fetch(`http://127.0.0.1:${http}/ranges.json`)).json()) as RangesPage;
  unrecorded = hosts.reduce((sum, host) => sum + host.unrecorded(page), 0);
}

async function obey(order: Order): Promise<void> {
  if (order.do === 'open') {
    const read = (file: string) => readFileSync(`${order.directory}/${file}`);
    const ca = read('ca.pem');
    hosts = Array.from({ length: order.hosts }, (_, at) => {
      const index = order.first + at;
      const name = `h${index}`;
      const tls = { ca, cert: read(`${name}.pem`), key: read(`${name}.key`) };
      return new ReturningHost({
        name,
        index,
        port: order.port,
        tls,
        random: Math.random,
        onAcknowledged: (ms) => latencies.push(ms),
        onFailed: (reason) => {
          failed[reason] = (failed[reason] ?? 0) + 1;
        },
      });
    });
  } else if (order.do === 'connect') await connectSome(order.atOnce, order.hosts);
  else if (order.do === 'leave') for (const host of hosts) host.leave();
  else if (order.do === 'talk') hush = evenly(hosts, order.everyMs, (host) => host.tell());
  else if (order.do === 'hush') hush();
  else if (order.do === 'settle') await settle(order.withinMs, order.again === true);
  else if (order.do === 'audit') await audit(order.http);
  process.send!(report());
}

process.on('message', (order: Order) => void obey(order));
process.on('disconnect', () => process.exit(0));
