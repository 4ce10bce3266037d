import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { ReturningHost } from './returning-host.ts';

/** What the parent process asks for; each is answered by a report when it is done. */
export type Order =
  | {
      readonly do: 'open';
      readonly port: number;
      readonly directory: string;
      readonly hosts: number;
      /** The number of the first; 0 if not given. */
      readonly first?: number;
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
  | { readonly do: 'report' };

export interface Report {
  readonly up: number;
  readonly resumed: number;
  readonly queued: number;
  readonly frames: number;
  /** ms from sending to acknowledgement, since the report before. */
  readonly p99: number;
  readonly acknowledged: number;
}

let hosts: ReturningHost[] = [];
let latencies: number[] = [];
let talking: NodeJS.Timeout | undefined;
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

function talk(everyMs: number): void {
  const turnMs = 20;
  let at = 0;
  let owed = 0;
  talking = setInterval(() => {
    owed += (hosts.length * turnMs) / everyMs;
    for (; owed >= 1; owed--) hosts[at++ % hosts.length]!.tell();
  }, turnMs);
}

function report(): Report {
  latencies.sort((a, b) => a - b);
  const p99 = latencies[Math.floor(latencies.length * 0.99)] ?? 0;
  const acknowledged = latencies.length;
  latencies = [];
  opensBefore = hosts.map((host) => host.opens);
  return {
    up: hosts.filter((host) => host.up).length,
    resumed: hosts.filter((host) => host.up && host.resumed).length,
    queued: hosts.reduce((sum, host) => sum + host.queued, 0),
    frames: hosts.reduce((sum, host) => sum + host.frames, 0),
    p99,
    acknowledged,
  };
}

async function settle(withinMs: number, again: boolean): Promise<void> {
  const until = performance.now() + withinMs;
  let open = hosts.map((host, at) => ({ host, opens: again ? (opensBefore[at] ?? 0) : -1 }));
  while (performance.now() < until) {
    open = open.filter(({ host, opens }) => !host.up || host.queued > 0 || host.opens <= opens);
    if (open.length === 0) return;
    await wait(20);
  }
}

async function obey(order: Order): Promise<void> {
  if (order.do === 'open') {
    const read = (file: string) => readFileSync(`${order.directory}/${file}`);
    const ca = read('ca.pem');
    hosts = Array.from({ length: order.hosts }, (_, at) => {
      const index = (order.first ?? 0) + at;
      const name = `h${index}`;
      const tls = { ca, cert: read(`${name}.pem`), key: read(`${name}.key`) };
      const onAcknowledged = (ms: number) => latencies.push(ms);
      return new ReturningHost({ name, index, port: order.port, tls, random: Math.random, onAcknowledged });
    });
  } else if (order.do === 'connect') await connectSome(order.atOnce, order.hosts);
  else if (order.do === 'leave') for (const host of hosts) host.leave();
  else if (order.do === 'talk') talk(order.everyMs);
  else if (order.do === 'hush') clearInterval(talking);
  else if (order.do === 'settle') await settle(order.withinMs, order.again === true);
  process.send!(report());
}

process.on('message', (order: Order) => void obey(order));
process.on('disconnect', () => process.exit(0));
