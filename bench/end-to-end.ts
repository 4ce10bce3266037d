import { quantileBetween } from './end-to-end/buckets.ts';
import { faultFigures } from './end-to-end/faults.ts';
import { type OneRun, oneRun, PROBE_LIMIT_MS } from './end-to-end/one-run.ts';
import { type EndToEndOptions, endToEndOptions } from './end-to-end/options.ts';
import { quantile } from './engines/probe.ts';
import type { BenchResult } from './result.ts';

const CURVE = [1, 2, 5, 10];

/**
 * The whole way of a sample, each part a process of its own: CPU of each, bytes on each hop, memory, freshness. What is run is said by environment:
 * HELIOGRAPH_BENCH_HOSTS, _SERIES, _INTERVAL_MS, _INSTANTS, _SECONDS, _LOGS, _WORKERS, _STORE (victoriametrics, victoriametrics-zstd, embedded,
 * sink), _VERIFY=1 to compare every sample and line afterwards, and _CURVE=1 for 1, 2, 5 and 10 instants a frame.
 */
export async function run(): Promise<BenchResult[]> {
  const options = endToEndOptions(process.env);
  if (!options.curve) return figures(await oneRun(options));
  const results: BenchResult[] = [];
  for (const instants of CURVE) {
    const prefix = `${instants} instant${instants === 1 ? '' : 's'} a frame: `;
    const more = figures(await oneRun({ ...options, instants }));
    results.push(...more.map((result) => ({ ...result, name: prefix + result.name })));
  }
  return results;
}

function figures(run: OneRun): BenchResult[] {
  return [...rate(run), ...cpu(run), ...turns(run), ...bytes(run), ...memory(run), ...freshness(run)];
}

function rate({ options, before, after, report }: OneRun): BenchResult[] {
  const seconds = (after.at - before.at) / 1_000;
  const { hosts, series, intervalMs, instants } = options;
  const asked = `${hosts} hosts, ${series} series every ${intervalMs} ms, ${instants} instants a frame`;
  const results: BenchResult[] = [
    {
      name: 'samples, sent to stored',
      value: (after.samples.store - before.samples.store) / seconds,
      unit: 'samples/s',
      note: `${asked}; ${((after.samples.relay - before.samples.relay) / (after.frames - before.frames)).toFixed(0)} samples a frame`,
    },
    {
      name: 'frames that the relay refused',
      value: report.refused,
      unit: 'frames',
      target: 0,
      note: `${report.samples.sent} samples sent, ${report.samples.acknowledged} acknowledged when it was stopped; ${report.reconnects} reconnects`,
    },
  ];
  if (report.verified) results.push(...faultFigures(report.verified, options.logs));
  results.push({
    name: 'acknowledged p99',
    value: report.acknowledgementMs.p99 / 1_000,
    unit: 's',
    note: `p50 ${(report.acknowledgementMs.p50 / 1_000).toFixed(3)}, the longest ${(report.acknowledgementMs.max / 1_000).toFixed(1)}; connecting included`,
  });
  if (options.logs === 0) return results;
  return [...results, { name: 'lines', value: (after.lines - before.lines) / seconds, unit: 'lines/s' }];
}

/** Each part's CPU over the samples that it took itself in that time. */
function cpu({ options, before, after }: OneRun): BenchResult[] {
  const taken = {
    simulator: after.samples.relay - before.samples.relay,
    relay: after.samples.relay - before.samples.relay,
    core: after.samples.core - before.samples.core,
  };
  const toStore = after.samples.store - before.samples.store;
  return Object.keys(after.cpu).map((part) => {
    const millions = (part in taken ? taken[part as keyof typeof taken] : toStore) / 1e6;
    const target = cpuTarget(part, options);
    return {
      name: `CPU of ${part === 'core' && options.store === 'embedded' ? 'core with its store' : part}`,
      value: (after.cpu[part]! - before.cpu[part]!) / millions,
      unit: 's per million samples',
      ...(target === undefined ? {} : { target }),
    };
  });
}

/** Over the counted time at least; the minute before may be in it. */
function turns({ after }: OneRun): BenchResult[] {
  const name = "the core's event loop, the longest delay";
  return [{ name, value: after.longestTurn * 1_000, unit: 'ms', target: 20, note: 'waiting for a processor is in it' }];
}

/** Section 7 of the design: the relay's by samples a frame, the core's by what the store takes. */
function cpuTarget(part: string, { series, instants, store }: EndToEndOptions): number | undefined {
  const perFrame = series * instants;
  if (part === 'relay') return perFrame >= 1_000 ? 0.15 : perFrame >= 100 ? 0.5 : undefined;
  if (part !== 'core') return undefined;
  return store === 'victoriametrics' ? 0.6 : store === 'embedded' ? undefined : 0.15;
}

function bytes({ options, before, after }: OneRun): BenchResult[] {
  const overRelay = after.samples.relay - before.samples.relay;
  const overCore = after.samples.core - before.samples.core;
  const results: BenchResult[] = [
    {
      name: 'collector to relay, payload',
      value: (after.bytes.frames - before.bytes.frames) / overRelay,
      unit: 'B/sample',
      target: 1.6,
    },
  ];
  // Lines and samples share the connections.
  const alone = options.logs === 0;
  if (alone && before.wire.relay !== null && after.wire.relay !== null) {
    const value = (after.wire.relay - before.wire.relay) / overRelay;
    const note = 'what the sockets of the relay received: definitions and base rows are in it';
    results.push({ name: 'collector to relay, with MQTT and TLS', value, unit: 'B/sample', target: 2, note });
  }
  results.push({
    name: 'relay to core, payload',
    value: (after.bytes.blocks - before.bytes.blocks) / overRelay,
    unit: 'B/sample',
    target: 1.2,
  });
  if (alone && before.wire.core !== null && after.wire.core !== null) {
    const value = (after.wire.core - before.wire.core) / overRelay;
    results.push({ name: 'relay to core, with gRPC and TLS', value, unit: 'B/sample' });
  }
  if (options.store !== 'embedded') {
    const value = (after.bytes.written - before.bytes.written) / overCore;
    const note = options.store === 'victoriametrics' ? 'snappy' : 'zstd';
    results.push({ name: 'core to the store, remote write', value, unit: 'B/sample', note });
  }
  if (after.bytes.disk !== null) {
    const note = 'all of it since the start, indexes included: the longer, the less';
    results.push({ name: 'on its disk', value: after.bytes.disk / after.samples.store, unit: 'B/sample', note });
  }
  return results;
}

function memory({ options, after }: OneRun): BenchResult[] {
  return Object.entries(after.memory).map(([part, value]) => ({
    name: `memory of ${part}, the most`,
    value,
    unit: 'MiB',
    ...(part === 'simulator' ? { note: `${options.hosts} hosts` } : {}),
  }));
}

function freshness({ options, probes, before, after }: OneRun): BenchResult[] {
  if (options.store === 'sink') return [];
  const seconds = (found: OneRun['probes']['core'], share: number) => quantile(found, share, PROBE_LIMIT_MS) / 1_000;
  const floor = probes.floor.length > 0 ? seconds(probes.floor, 0.99) : null;
  const took = (way: keyof typeof after.took, share: number) =>
    quantileBetween(before.took[way], after.took[way], share);
  const results: BenchResult[] = [];
  if (floor !== null) {
    const note = `p50 ${seconds(probes.floor, 0.5).toFixed(2)}`;
    results.push({ name: "pushed to queryable p99, the store's own floor", value: floor, unit: 's', note });
  }
  const target = floor === null ? 1 : floor + 0.5;
  results.push({
    name: 'pushed to queryable p99',
    value: seconds(probes.core, 0.99),
    unit: 's',
    target,
    note: `p50 ${seconds(probes.core, 0.5).toFixed(2)}; ${probes.core.length} probes at a door of the core`,
  });
  const sent = took('sentToQueryable', 0.99);
  if (sent !== null) {
    const note = `p50 ${took('sentToQueryable', 0.5)!.toFixed(2)}; every frame of the time that is counted, as the core counts it`;
    results.push({ name: 'sent to queryable p99', value: sent, unit: 's', target, note });
  }
  const sampled = took('sampleToQueryable', 0.99);
  if (sampled !== null) {
    const note = `p50 ${took('sampleToQueryable', 0.5)!.toFixed(2)}; the oldest sample of a frame of ${options.instants}`;
    results.push({ name: 'sample time to queryable p99', value: sampled, unit: 's', note });
  }
  return results;
}
