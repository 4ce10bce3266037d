import { LINE_BYTES } from '../log-lines.ts';
import type { FigureName } from './measured.ts';

const DAY_S = 86_400;
const DAYS_A_YEAR = 365;
const WINDOW_S = 300;

/** What a fleet sends, and how long it is kept. */
export interface Demand {
  readonly name: string;
  readonly hosts: number;
  readonly samplesPerSecond: number;
  /** Samples of a frame. */
  readonly frameSamples: number;
  readonly logBytesPerDay: number;
  /** The busiest minute beside the mean. */
  readonly logPeak: number;
  /** Seconds between two samples of a series. */
  readonly intervalS: number;
  readonly logDays: number;
  readonly metricDays: number;
  /** Hours that records stay on the bus, read or not. */
  readonly busHours: number;
  readonly logCopies: number;
  readonly metricCopies: number;
  readonly busCopies: number;
  /** Aggregates of a window that are kept for a year. */
  readonly aggregates: number;
}

/** One kind of machine. */
export interface Part {
  readonly part: string;
  /** Cores that are busy in the mean, and in the busiest minute of logs. */
  readonly mean: number;
  readonly peak: number;
  /** Cores to have, at half of them busy in the busiest minute; at least one. */
  readonly cores: number;
  /** Of MACHINE's size, for the cores or the disks, whichever wants more; at least so many that one may be lost. */
  readonly machines: number;
  readonly diskBytes: number;
  /** Of what grows with the hosts; 0: not measured for such a load. */
  readonly memoryBytes: number;
  readonly inBytesPerSecond: number;
}

/** What a machine of the plan has. */
export const MACHINE = { cores: 16, diskBytes: 8e12 } as const;
/** Hosts of one relay machine: more were not run. */
export const RELAY_HOSTS = 10_000;
/** One of them may be lost. */
const LEAST_MACHINES = 2;
/** Whoever is more than half busy has no room for a restart, a backlog, or a query. */
const BUSY = 0.5;
/** Engines merge, and delete by whole segments: no more of a disk may be full. */
const FULL = 0.75;
/** A relay keeps so many hours of what comes in while no core takes it. */
const RELAY_HOURS = 24;

/** The machines for a demand: sums and products of what was measured, nothing else. */
export function plan(figures: Readonly<Record<FigureName, { readonly value: number }>>, demand: Demand): Part[] {
  const of = (name: FigureName) => figures[name].value;
  const samples = demand.samplesPerSecond;
  const frames = samples / demand.frameSamples;
  const lines = demand.logBytesPerDay / LINE_BYTES / DAY_S;
  const peak = demand.logPeak;
  const us = 1e-6;
  const part = (
    name: string,
    steady: number,
    ofLines: number,
    diskBytes: number,
    inBytesPerSecond: number,
    { memoryBytes = 0, least = 0 }: { memoryBytes?: number; least?: number } = {},
  ): Part => {
    const most = steady + ofLines * peak;
    const cores = Math.max(1, Math.ceil(most / BUSY));
    const machines = Math.max(
      LEAST_MACHINES,
      least,
      Math.ceil(cores / MACHINE.cores),
      Math.ceil(diskBytes / MACHINE.diskBytes),
    );
    return {
      part: name,
      mean: steady + ofLines,
      peak: most,
      cores,
      machines,
      diskBytes,
      memoryBytes,
      inBytesPerSecond,
    };
  };
  const incoming = samples * of('wire') + lines * of('busLine');
  const series = samples * demand.intervalS;
  const windows = (series * demand.aggregates * DAYS_A_YEAR * DAY_S) / WINDOW_S;
  return [
    part(
      'relays',
      // Many hosts have more to them than their frames.
      Math.max(frames * of('relayFrame') + samples * of('relaySample'), samples * of('relaySampleInAll')) * us,
      lines * of('relayLine') * us,
      incoming * 3_600 * RELAY_HOURS,
      incoming,
      { memoryBytes: demand.hosts * of('relayConnection') * 1_024, least: Math.ceil(demand.hosts / RELAY_HOSTS) },
    ),
    part(
      'gateways',
      samples * of('coreSample') * us,
      // The bus of this machine is in the first, which makes it somewhat more than it is.
      lines * (of('gatewayLine') + of('kafkaLine')) * us,
      0,
      samples * of('block') + lines * of('busLine'),
    ),
    part(
      'VictoriaMetrics, full',
      samples * demand.metricCopies * of('storeSample') * us,
      0,
      (samples * demand.metricCopies * demand.metricDays * DAY_S * of('storeDisk')) / FULL,
      samples * demand.metricCopies * of('remoteWrite'),
      { least: demand.metricCopies },
    ),
    part(
      'VictoriaMetrics, a year of windows',
      ((series * demand.aggregates) / WINDOW_S) * of('storeSample') * us,
      0,
      (windows * of('storeDisk')) / FULL,
      ((series * demand.aggregates) / WINDOW_S) * of('remoteWrite'),
    ),
    part(
      'Kafka',
      0,
      lines * demand.busCopies * of('brokerLine') * us,
      (lines * of('busLine') * 3_600 * demand.busHours * demand.busCopies) / FULL,
      lines * of('busLine') * demand.busCopies,
      { least: demand.busCopies },
    ),
    part('indexers', 0, lines * of('indexerLine') * us, 0, lines * of('busLine')),
    part(
      'OpenSearch',
      0,
      lines * demand.logCopies * of('searchLine') * us,
      (lines * DAY_S * demand.logDays * demand.logCopies * of('searchDisk')) / FULL,
      lines * demand.logCopies * of('bulkLine'),
      { least: demand.logCopies },
    ),
  ];
}

/** Section 1 of the design. */
export const FLEET: Demand = {
  name: '10,000 hosts, 1,000,000 samples/s, 500 GB of logs a day',
  hosts: 10_000,
  samplesPerSecond: 1_000_000,
  frameSamples: 500,
  logBytesPerDay: 500e9,
  logPeak: 10,
  intervalS: 1,
  logDays: 15,
  metricDays: 30,
  busHours: 7 * 24,
  logCopies: 3,
  metricCopies: 2,
  busCopies: 3,
  aggregates: 5,
};

export const TEN_TIMES: Demand = {
  ...FLEET,
  name: '100,000 hosts, 10,000,000 samples/s, 5 TB of logs a day',
  hosts: 100_000,
  samplesPerSecond: 10_000_000,
  logBytesPerDay: 5e12,
};
