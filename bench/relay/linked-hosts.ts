import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { RelayMember } from '../../collector/core/uplink/relay-order.ts';
import { evenly } from './evenly.ts';
import { LinkedHost } from './linked-host.ts';

/** What the parent process asks for; each is answered by a report when it is done. */
export type LinkedOrder =
  | {
      readonly do: 'open';
      readonly relays: readonly RelayMember[];
      readonly homecomingMs: number;
      readonly directory: string;
      readonly hosts: number;
      /** The number of the first. */
      readonly first: number;
    }
  /** All connect, so many at once. */
  | { readonly do: 'connect'; readonly atOnce: number }
  /** Everybody makes a frame in each `everyMs`, spread over it, until told otherwise. */
  | { readonly do: 'talk'; readonly everyMs: number }
  | { readonly do: 'hush' }
  /** Waits until each host is connected to the relay at this port. */
  | { readonly do: 'arrive'; readonly port: number; readonly withinMs: number }
  /** Waits until all is acknowledged. */
  | { readonly do: 'settle'; readonly withinMs: number };

export interface LinkedReport {
  /** Hosts that are connected, by the relay's port. */
  readonly at: Readonly<Record<number, number>>;
  readonly queued: number;
  /** Ever made. */
  readonly frames: number;
  readonly sentAgain: number;
  readonly connects: number;
  /** Connects that were made before another connection was left. */
  readonly handOvers: number;
  /** After `arrive`: when each host was seen there, ms since the epoch, ascending. */
  readonly arrivedAt: readonly number[];
  /** Connections that ended or did not come about since the report before, by reason. */
  readonly failed: Readonly<Record<string, number>>;
}

const LOOK_MS = 20;
let hosts: LinkedHost[] = [];
let arrivedAt: number[] = [];
let failed: Record<string, number> = {};
let hush = (): void => undefined;

function open({ directory, first, relays, homecomingMs, hosts: count }: Extract<LinkedOrder, { do: 'open' }>): void {
  const read = (file: string) => readFileSync(`${directory}/${file}`);
  const ca = read('ca.pem');
  hosts = Array.from({ length: count }, (_, at) => {
    const index = first + at;
    const name = `h${index}`;
    const tls = { ca, cert: read(`${name}.pem`), key: read(`${name}.key`) };
    const onFailed = (reason: string) => {
      const alike = reason.replaceAll(/\d+/g, 'N');
      failed[alike] = (failed[alike] ?? 0) + 1;
    };
    return new LinkedHost({ name, index, relays, homecomingMs, tls, onFailed });
  });
}

async function connect(atOnce: number): Promise<void> {
  for (let next = 0; next < hosts.length; ) {
    const under = hosts.slice(0, next).filter(({ link }) => !link.isOpen).length;
    for (const end = Math.min(hosts.length, next + atOnce - under); next < end; next++) hosts[next]!.link.start();
    await wait(LOOK_MS);
  }
  while (!hosts.every(({ link }) => link.isOpen)) await wait(LOOK_MS);
}

async function arrive(port: number, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  let away = hosts;
  arrivedAt = [];
  while (away.length > 0 && performance.now() < until) {
    const still = away.filter(({ link }) => !link.isOpen || link.relay.port !== port);
    for (let one = still.length; one < away.length; one++) arrivedAt.push(Date.now());
    away = still;
    await wait(LOOK_MS);
  }
}

async function settle(withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  while (hosts.some(({ queued }) => queued > 0) && performance.now() < until) await wait(LOOK_MS);
}

function report(): LinkedReport {
  const at: Record<number, number> = {};
  for (const { link } of hosts) if (link.isOpen) at[link.relay.port] = (at[link.relay.port] ?? 0) + 1;
  const sum = (of: (host: LinkedHost) => number) => hosts.reduce((total, host) => total + of(host), 0);
  const since = failed;
  failed = {};
  return {
    at,
    failed: since,
    queued: sum((host) => host.queued),
    frames: sum((host) => host.frames),
    sentAgain: sum((host) => host.sentAgain),
    connects: sum(({ link }) => link.connects),
    handOvers: sum(({ link }) => link.handOvers),
    arrivedAt,
  };
}

async function obey(order: LinkedOrder): Promise<void> {
  if (order.do === 'open') open(order);
  else if (order.do === 'connect') await connect(order.atOnce);
  else if (order.do === 'talk') hush = evenly(hosts, order.everyMs, (host) => host.tell());
  else if (order.do === 'hush') hush();
  else if (order.do === 'arrive') await arrive(order.port, order.withinMs);
  else if (order.do === 'settle') await settle(order.withinMs);
  process.send!(report());
}

process.on('message', (order: LinkedOrder) => void obey(order));
process.on('disconnect', () => process.exit(0));
