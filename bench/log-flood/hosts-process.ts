/** Hosts that log, many in a process. Its parent gives orders (Order); each is answered by a report when it is done. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { countBuffersWithHeap } from '../../lib/buffer-memory.ts';
import { openAuthority } from '../../lib/certificates/authority.ts';
import { FloodingHost } from './flooding-host.ts';
import { NumberedLines } from './numbered-lines.ts';
import { type Flooded, PreparedFrames } from './prepared-frames.ts';

export type Order =
  /** Certificates, and connections to the relay. Hosts `first` and on. */
  | { readonly do: 'open'; readonly port: number; readonly ca: string; readonly first: number; readonly hosts: number }
  /** Frames of lines `from` and on, `perSaying` lines of a host at once. */
  | {
      readonly do: 'prepare';
      readonly folder: string;
      readonly from: number;
      readonly lines: number;
      readonly perSaying: number;
    }
  /** Sends what is prepared, so many lines a second; answered at once, and by `settle` when all is sent and acknowledged. */
  | { readonly do: 'flood'; readonly linesPerSecond: number }
  | { readonly do: 'report' }
  | { readonly do: 'settle'; readonly withinMs: number }
  | { readonly do: 'end' };

/** Totals since the process began. */
export interface Report {
  readonly open: number;
  readonly acknowledged: Readonly<Record<Flooded, number>>;
  readonly frames: number;
  readonly payloadBytes: number;
  /** Lines that should have been sent by now, and wait. */
  readonly waiting: number;
  readonly unacknowledgedFrames: number;
  /** Slowest acknowledgement since the report before, ms. */
  readonly slowest: number;
  readonly trouble: readonly string[];
}

const TURN_MS = 10;
const PING_EVERY_MS = 20_000;
const AT_ONCE = 50;

countBuffersWithHeap();

let hosts: FloodingHost[] = [];
let prepared: PreparedFrames | null = null;
let lines: NumberedLines | null = null;
let open = 0;
let flooding: NodeJS.Timeout | undefined;
let next = 0;
/** Lines that are due and not handed to their hosts. */
let late = 0;
let slowest = 0;
const acknowledged: Record<Flooded, number> = { error: 0, log: 0, debug: 0 };
const trouble: string[] = [];

async function openHosts(order: Extract<Order, { do: 'open' }>): Promise<void> {
  const authority = await openAuthority(order.ca, Date.now());
  const ca = readFileSync(join(order.ca, 'ca.pem'));
  for (let i = 0; i < order.hosts; i++) {
    const index = order.first + i;
    const name = `flood-${index}`;
    const certified = await authority.certify({ name, role: 'collector', days: 1 });
    hosts.push(
      new FloodingHost({
        name,
        index,
        port: order.port,
        tls: { ca, ...certified },
        onOpen: () => {
          open++;
        },
        onAcknowledged: (dataClass, count, ms) => {
          acknowledged[dataClass] += count;
          slowest = Math.max(slowest, ms);
        },
        onTrouble: (why) => trouble.push(why),
      }),
    );
    while (hosts.length - open > AT_ONCE && trouble.length === 0) await wait(5);
  }
  while (open < hosts.length && trouble.length === 0) await wait(20);
  setInterval(() => {
    for (const host of hosts) host.ping();
  }, PING_EVERY_MS);
}

function prepare({ folder, from, lines: count, perSaying }: Extract<Order, { do: 'prepare' }>): void {
  prepared?.close();
  lines ??= new NumberedLines();
  prepared = new PreparedFrames(join(folder, `frames-${process.pid}`));
  prepared.make(lines, from, count, perSaying, hosts.length);
  next = 0;
}

function flood({ linesPerSecond }: Extract<Order, { do: 'flood' }>): void {
  const { sayings } = prepared!;
  const began = performance.now();
  let said = 0;
  clearInterval(flooding);
  flooding = setInterval(() => {
    const due = ((performance.now() - began) / 1000) * linesPerSecond;
    while (said < due && next < sayings.length) {
      const host = hosts[next % hosts.length]!;
      const saying = sayings[next++]!;
      for (const body of saying.bodies) host.say(body.class, body.lines, prepared!.read(body));
      said += saying.lines;
    }
    late = next < sayings.length ? Math.max(0, due - said) : 0;
    if (next === sayings.length) clearInterval(flooding);
  }, TURN_MS);
}

function report(): Report {
  const sum = (of: (host: FloodingHost) => number) => hosts.reduce((total, host) => total + of(host), 0);
  const found = slowest;
  slowest = 0;
  return {
    open,
    acknowledged: { ...acknowledged },
    frames: sum((host) => host.sentFrames),
    payloadBytes: sum((host) => host.payloadBytes),
    waiting: late + sum((host) => host.waitingLines),
    unacknowledgedFrames: sum((host) => host.unacknowledged),
    slowest: found,
    trouble: trouble.slice(0, 10),
  };
}

async function settle(withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  const busy = () =>
    next < prepared!.sayings.length || hosts.some((host) => host.unacknowledged > 0 || host.waitingLines > 0);
  while (busy() && performance.now() < until && trouble.length === 0) await wait(20);
}

async function obey(order: Order): Promise<void> {
  if (order.do === 'open') await openHosts(order);
  else if (order.do === 'prepare') prepare(order);
  else if (order.do === 'flood') flood(order);
  else if (order.do === 'settle') await settle(order.withinMs);
  else if (order.do === 'end') {
    clearInterval(flooding);
    for (const host of hosts) host.end();
    hosts = [];
    prepared?.close();
  }
  process.send!(report());
}

process.on('message', (order: Order) => void obey(order));
process.on('disconnect', () => process.exit(0));
