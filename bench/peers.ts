import { run as collectorLogs } from './collector-logs.ts';
import { metricBlocks, SMALL } from './core.ts';
import { startStore } from './end-to-end/store.ts';
import { mosquittoPerMessage } from './peers/mosquitto.ts';
import { rsyslogPerGigabyte } from './peers/rsyslog.ts';
import { vmagentFigures } from './peers/vmagent.ts';
import { withRelay } from './relay.ts';
import type { BenchResult } from './result.ts';

const HOSTS = 200;
const SERIES = 100;
const INSTANTS = 5;
const FRAMES = Number(process.env.HELIOGRAPH_BENCH_FRAMES ?? 20_000);
/** Of the core's own benchmark: 200 hosts of 250 series. */
const BLOCKS = 12;
const LINES = Number(process.env.HELIOGRAPH_BENCH_LINES ?? 200_000);

/** What other programs take for the same work, in the same run on the same machine; and what of it they do not do. */
export async function run(): Promise<BenchResult[]> {
  const relay = await withRelay(async (load) => {
    // Compiled first.
    await load(FRAMES, INSTANTS);
    return load(FRAMES, INSTANTS);
  });
  const perMessage = (relay.cpuSeconds / FRAMES) * 1e6;
  const relayPerMillion = (relay.cpuSeconds / relay.samples) * 1e6;
  const corePerMillion = await coreBeforeSink();
  const what = `${HOSTS} hosts of ${SERIES} series, ${INSTANTS} instants a frame`;
  const unit = 'CPU s per million samples';
  const results: BenchResult[] = [
    { name: 'relay', value: relayPerMillion, unit, note: `${what}; MQTT over mutual TLS, fsync before the answer` },
    {
      name: 'core',
      value: corePerMillion,
      unit,
      note: 'blocks over mutual TLS to remote write (zstd), ledger, kept until durable',
    },
    ...(await besideVmagent(relayPerMillion + corePerMillion)),
    { name: 'relay, a message', value: perMessage, unit: 'CPU us', note: 'QoS 1 over mutual TLS' },
    ...(await besideMosquitto(perMessage)),
    ...(await besideRsyslog()),
  ];
  return results;
}

async function coreBeforeSink(): Promise<number> {
  const store = await startStore('sink', HOSTS * 250 * INSTANTS);
  try {
    const { cpu, samples } = await metricBlocks({ ...SMALL, instants: INSTANTS, blocks: BLOCKS }, store.config);
    return (cpu / samples) * 1e6;
  } finally {
    await store.stop();
  }
}

async function besideVmagent(ours: number): Promise<BenchResult[]> {
  const peer = await vmagentFigures(HOSTS, SERIES, INSTANTS, FRAMES * SERIES * INSTANTS);
  if (peer === null) return [];
  const note = `remote write (snappy) of a host's ${SERIES * INSTANTS} samples a request, in and out; no TLS, no disk, no account of what is lost; ${peer.memory.toFixed(0)} MiB`;
  return [
    { name: 'vmagent', value: peer.cpu, unit: 'CPU s per million samples', note },
    { name: 'vmagent beside relay and core together', value: peer.cpu / ours, unit: 'x' },
    { name: 'vmagent, on the wire to it', value: peer.bytesIn, unit: 'B/sample' },
    { name: 'vmagent, remote write', value: peer.bytesOut, unit: 'B/sample' },
  ];
}

async function besideMosquitto(ours: number): Promise<BenchResult[]> {
  const peer = await mosquittoPerMessage(HOSTS, FRAMES, INSTANTS);
  if (peer === null) return [];
  const note =
    'the same messages over the same TLS, thrown away: no disk, no fsync, nobody subscribed, nothing forwarded';
  return [
    { name: 'mosquitto, a message', value: peer, unit: 'CPU us', note },
    {
      name: 'relay beside mosquitto',
      value: ours / peer,
      unit: 'x',
      note: 'what durable, once and forwarded cost on top of a broker in C',
    },
  ];
}

async function besideRsyslog(): Promise<BenchResult[]> {
  const peer = await rsyslogPerGigabyte(LINES);
  if (peer === null) return [];
  const ours = (await collectorLogs(LINES, LINES / 4)).find(({ name }) => name.includes('masking included'))!;
  const unit = 'CPU s/GB';
  const note = 'imfile to omfwd over TCP: no TLS, no compression, no masking, no acknowledgement, no spool';
  return [
    {
      name: 'collector, file to acknowledgement',
      value: ours.value,
      unit,
      note: 'masked, zstd, spool with fsync, TLS; every line once',
    },
    { name: 'rsyslog', value: peer, unit, note },
    { name: 'collector beside rsyslog', value: ours.value / peer, unit: 'x' },
  ];
}
