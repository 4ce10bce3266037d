import type { RelayMember } from '../collector/core/uplink/relay-order.ts';
import { steadyTime, systemClock } from '../lib/clock.ts';
import { compressLines } from '../lib/log-lines/compress.ts';
import { readCertificates } from './certificates.ts';
import { ClientContext } from './client-context.ts';
import { FleetKind } from './fleet-kind.ts';
import { chance } from './hash32.ts';
import type { Connecting, HostShared } from './host-state.ts';
import { type Kind, kindOf, type Mix } from './kinds.ts';
import { MaskedLines } from './masked-lines.ts';
import { PublishBatch } from './mqtt-packets.ts';
import { simulatedName } from './names.ts';
import type { Phase } from './phase.ts';
import { seededRandom } from './random.ts';
import { loadRecording } from './recording.ts';
import { ScaledRecording } from './scaled-recording.ts';
import type { Schedule } from './schedule.ts';
import { SimulatedHost } from './simulated-host.ts';
import { emptyStats, type RunStats, type Snapshot, snapshotOf } from './stats.ts';
import type { HostTruth } from './truth.ts';
import { Wheel } from './wheel.ts';

/** Which hosts a process has, and what they are like. Plain data: it is sent to the process. */
export interface CrewSetup {
  readonly first: number;
  readonly count: number;
  /** Of the whole run. */
  readonly hosts: number;
  readonly relays: readonly RelayMember[];
  readonly authority: string;
  /** What the names of the hosts begin with. */
  readonly names: string;
  readonly schedule: Schedule;
  readonly instants: number;
  /** Of a host; null: as many as were recorded. */
  readonly series: number | null;
  readonly mix: Mix;
  /** All hosts have begun within this, ms. */
  readonly rampMs: number;
  readonly version: string;
}

const TICK_MS = 10;
/** What is added to the wheel between two ticks, and due before the next, is so late at most. */
const MOST_QUIET_MS = 50;
/** Hosts have their turn for so long at once; then answers are read. */
const TURN_MS = 40;
/** Connections begun in a tick: a storm must not hold the samples of the others up. */
const CONNECTS = 20;
const CHURN_MS = 1000;
/** The system is asked for memory and CPU so often: the answer costs more than all else that is counted. */
const COUNT_MS = 400;

/** The kinds of a run, as every process of it and the verifier have them. */
export function kindsOf(setup: Pick<CrewSetup, 'mix' | 'series' | 'schedule' | 'hosts'>): (host: number) => FleetKind {
  const recording = new ScaledRecording(loadRecording());
  const kinds = new Map<Kind, FleetKind>();
  return (host) => {
    const kind = kindOf(setup.mix, host);
    let found = kinds.get(kind);
    if (!found) {
      found = new FleetKind(kind, setup.series, recording, setup.schedule.intervalMs, setup.hosts);
      kinds.set(kind, found);
    }
    return found;
  };
}

/** The hosts of one process, on one timer. */
export class Crew {
  readonly #setup: CrewSetup;
  readonly #hosts: SimulatedHost[];
  readonly #stats: RunStats = emptyStats();
  readonly #wheel: Wheel;
  readonly #lines: MaskedLines;
  readonly #random: () => number;
  readonly #now: () => number = steadyTime(systemClock);
  readonly #connecting: Connecting[] = [];
  readonly #cpu = process.cpuUsage();
  #timer: NodeJS.Timeout | undefined;
  #starting: SimulatedHost[] = [];
  #startedAt = 0;
  #countedAt = Number.NEGATIVE_INFINITY;
  #churn = 0;
  #churnOwed = 0;
  #churnAt = 0;
  #ended = false;

  constructor(setup: CrewSetup) {
    this.#setup = setup;
    const { first, count, relays, schedule } = setup;
    this.#random = seededRandom(schedule.seed * 7919 + first + (schedule.startedAt % 65_536));
    this.#wheel = new Wheel(this.#now());
    this.#lines = new MaskedLines(schedule.startedAt);
    const certificates = readCertificates(setup, first, count);
    const shared: HostShared = {
      schedule,
      relays,
      tls: new ClientContext(certificates.ca),
      instants: setup.instants,
      wheel: this.#wheel,
      batch: new PublishBatch(),
      lines: this.#lines,
      stats: this.#stats,
      random: this.#random,
      version: setup.version,
      compress: compressLines,
      now: this.#now,
      connect: (connection) => this.#connecting.push(connection),
    };
    const kind = kindsOf(setup);
    this.#hosts = certificates.hosts.map((certificate, i) => {
      const number = first + i;
      return new SimulatedHost(number, simulatedName(number, setup.names), kind(number), certificate, shared);
    });
  }

  start(): void {
    this.#startedAt = this.#now();
    this.#starting = [...this.#hosts];
    this.#tickSoon();
  }

  phase(phase: Phase): void {
    const now = this.#now();
    const { seed } = this.#setup.schedule;
    const every = phase.logsPerSecond > 0 ? (1000 * this.#setup.hosts) / phase.logsPerSecond : 0;
    this.#churn = (phase.churn * this.#hosts.length) / 60;
    for (const host of this.#hosts) {
      host.setLines(every, now);
      host.trouble.slow = chance(seed, host.number, 21) < phase.slow;
      if (chance(seed, host.number, 22) < phase.bad) host.trouble.spoil(now);
      else host.trouble.bad = false;
      if (phase.storm) host.storm(now);
      if (phase.outage && chance(seed, host.number, 23) < phase.outage.share) host.outage(now + phase.outage.ms);
    }
  }

  /** What was gathered is sent; nothing new is sampled or written. */
  end(): void {
    this.#ended = true;
    this.#starting = [];
    for (const host of this.#hosts) host.end();
    // What the run took is counted up to here.
    this.#countedAt = Number.NEGATIVE_INFINITY;
  }

  /** CPU and memory as of half a second ago at most: it is asked for often. */
  snapshot(): Snapshot {
    const now = systemClock.mono();
    if (now - this.#countedAt > COUNT_MS) {
      this.#countedAt = now;
      this.#count();
    }
    return snapshotOf(this.#stats);
  }

  #count(): void {
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#stats.cardsMasked = this.#lines.masked;
    this.#stats.cpuMs = (user + system) / 1000;
    this.#stats.rssBytes = process.memoryUsage.rss();
  }

  /** Says goodbye for all hosts, for so long at most; then what each has sent. */
  async stop(withinMs: number): Promise<HostTruth[]> {
    for (const host of this.#hosts) host.stop();
    const until = systemClock.mono() + withinMs;
    while (this.#hosts.some((host) => host.connected) && systemClock.mono() < until)
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    for (const host of this.#hosts) host.drop();
    clearTimeout(this.#timer);
    return this.#hosts.map((host) => host.truth());
  }

  /** When something is due: a process whose hosts wait has no need to wake a hundred times a second. */
  #tickSoon(): void {
    const busy = this.#starting.length > 0 || this.#connecting.length > 0 || this.#churn > 0;
    const quiet = Math.max(1, this.#wheel.quietFor(this.#now(), busy ? TICK_MS : MOST_QUIET_MS));
    this.#timer = setTimeout(() => {
      this.#tick();
      this.#tickSoon();
    }, quiet);
  }

  #tick(): void {
    const now = this.#now();
    while (this.#starting.length > 0 && this.#beginning(this.#starting[0]!) <= now) this.#starting.shift()!.start(now);
    if (this.#churn > 0 && !this.#ended && now >= this.#churnAt) this.#restartSome(now);
    const began = systemClock.mono();
    this.#wheel.turn(now, () => systemClock.mono() - began > TURN_MS);
    for (const connection of this.#connecting.splice(0, CONNECTS)) connection.connect();
  }

  /** When a host begins: spread over the ramp. */
  #beginning(host: SimulatedHost): number {
    return this.#startedAt + (host.number / this.#setup.hosts) * this.#setup.rampMs;
  }

  #restartSome(now: number): void {
    this.#churnAt = now + CHURN_MS;
    this.#churnOwed += (this.#churn * CHURN_MS) / 1000;
    for (; this.#churnOwed >= 1; this.#churnOwed--) {
      const host = this.#hosts[Math.floor(this.#random() * this.#hosts.length)]!;
      if (host.connected) host.restart(now, 2000 + this.#random() * 8000);
    }
  }
}
