import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { createMqttUplink } from '../collector/node/mqtt-uplink.ts';
import { TlsSessions } from '../collector/node/tls-sessions.ts';
import { openAuthority } from '../lib/certificates/authority.ts';
import { systemClock } from '../lib/clock.ts';
import { simulatedPages } from './definitions.ts';
import { simulatedName } from './names.ts';
import { seededRandom } from './random.ts';
import { loadRecording } from './recording.ts';
import { type RunReport, report } from './report.ts';
import { SimulatedHost } from './simulated-host.ts';
import { emptyStats, type RunStats } from './stats.ts';
import { SimulatedValues } from './values.ts';
import { verifyLines } from './verify-lines.ts';
import { emptyFindings, verifySamples } from './verify-samples.ts';

export interface RunOptions {
  readonly hosts: number;
  readonly relay: { readonly host: string; readonly port: number };
  readonly intervalMs: number;
  /** 0: until `signal` is aborted. */
  readonly durationMs: number;
  readonly logsPerSecond: number;
  /** The authority's folder; certificates of simulated hosts are kept in `simulated/` below it. */
  readonly authority: string;
  readonly verify: URL | null;
  /** How long what is missing is looked for again, ms; unless stated as long as the embedded stores need. */
  readonly verifyMs?: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** How long to wait for the last acknowledgements after the end; a minute, or a second when the run was ended by `signal`. */
  readonly drainMs?: number;
  readonly onProgress: (stats: RunStats, elapsedMs: number) => void;
  readonly onReady: () => void;
  readonly say: (line: string) => void;
}

/** How long the end of a run waits for the last acknowledgements, and for the store to show the last samples. */
const DRAIN_MS = 60_000;
const VERIFY_WAIT_MS = 60_000;

/** Runs a fleet of simulated hosts against a relay, and checks the store afterwards if asked to. */
export async function runSimulation(options: RunOptions): Promise<RunReport> {
  const random = seededRandom(options.seed);
  const recording = loadRecording();
  const values = new SimulatedValues(recording, options.intervalMs);
  const pages = simulatedPages(recording.series);
  const stats = emptyStats();
  const certificates = await prepareCertificates(options);
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const cpu = process.cpuUsage();
  const began = systemClock.mono();

  const hosts = Array.from({ length: options.hosts }, (_, number) => {
    const name = simulatedName(number);
    const tls = {
      ca: join(certificates, 'ca.pem'),
      cert: join(certificates, `${name}.pem`),
      key: join(certificates, `${name}.key`),
    };
    const sessions = new TlsSessions();
    return new SimulatedHost({
      name,
      number,
      relay: options.relay,
      newUplink: () => createMqttUplink(tls, sessions),
      pages,
      values,
      clock: systemClock,
      random,
      stats,
      version,
      compress: (bytes) => zstdCompressSync(bytes),
    });
  });

  const stop = new AbortController();
  const ended = AbortSignal.any([options.signal, stop.signal]);
  const runs = hosts.map((host, number) => runHost(host, number, options, random(), ended));
  const progress = setInterval(() => {
    stats.queuedFrames = hosts.reduce((sum, host) => sum + host.queued, 0);
    options.onProgress(stats, systemClock.mono() - began);
  }, 1000);
  options.onReady();
  if (options.durationMs > 0) await pause(options.durationMs, options.signal);
  else await new Promise((resolve) => options.signal.addEventListener('abort', resolve, { once: true }));
  stop.abort();
  await Promise.all(runs);
  const seconds = (systemClock.mono() - began) / 1000;
  const spent = process.cpuUsage(cpu);

  // What was sent last deserves its acknowledgement; who ended the run by hand does not want to wait for it.
  const drained = () => hosts.every((host) => host.queued === 0);
  const until = systemClock.mono() + (options.drainMs ?? (options.signal.aborted ? 1000 : DRAIN_MS));
  while (!drained() && systemClock.mono() < until) await wait(50);
  clearInterval(progress);
  await Promise.all(hosts.map((host) => host.stop()));
  const cpuSeconds = (spent.user + spent.system) / 1e6;

  const truths = hosts.map((host) => host.truth);
  const verified = options.verify ? await verifyUntilGood(options.verify, truths, values, options) : null;
  return report(options.hosts, seconds, stats, cpuSeconds, verified);
}

/** Samples and log lines of one host, each host at its own moment within the interval. */
async function runHost(
  host: SimulatedHost,
  number: number,
  options: RunOptions,
  phase: number,
  ended: AbortSignal,
): Promise<void> {
  await pause((number / options.hosts) * Math.min(2000, options.hosts * 5), ended);
  if (ended.aborted) return;
  host.connect();
  const linesEvery = options.logsPerSecond > 0 ? 1000 : 0;
  const linesEach = options.logsPerSecond / options.hosts;
  let owed = phase;
  let nextSample = systemClock.now() + phase * options.intervalMs;
  let nextLines = linesEvery > 0 ? systemClock.now() + phase * linesEvery : Number.POSITIVE_INFINITY;
  let lastTime = 0;
  while (!ended.aborted) {
    const now = systemClock.now();
    if (now >= nextSample) {
      // The time of a sample is a whole millisecond, and never that of the one before.
      lastTime = Math.max(Math.floor(now), lastTime + 1);
      host.sample(lastTime);
      nextSample += options.intervalMs;
    }
    if (now >= nextLines) {
      owed += linesEach * (linesEvery / 1000);
      const count = Math.floor(owed);
      owed -= count;
      if (count > 0) host.log(Math.floor(now), count);
      nextLines += linesEvery;
    }
    await pause(Math.max(0, Math.min(nextSample, nextLines) - systemClock.now()), ended);
  }
}

/** Waits, but not past the end of the run. */
async function pause(ms: number, ended: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal: ended }).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
}

/** A certificate for each host, made once and kept. */
async function prepareCertificates(options: RunOptions): Promise<string> {
  const directory = join(options.authority, 'simulated');
  const authority = await openAuthority(options.authority, Date.now());
  const missing = Array.from({ length: options.hosts }, (_, number) => simulatedName(number)).filter(
    (name) => !existsSync(join(directory, `${name}.pem`)),
  );
  if (missing.length > 50) options.say(`making certificates for ${missing.length} hosts`);
  for (const name of missing) await authority.issue({ name, role: 'collector', days: 365, directory });
  return directory;
}

/** What was acknowledged may still be on its way to the store; a fault counts when it is still there after a while. */
async function verifyUntilGood(
  core: URL,
  truths: readonly SimulatedHost['truth'][],
  values: SimulatedValues,
  { say, verifyMs = VERIFY_WAIT_MS }: Pick<RunOptions, 'say' | 'verifyMs'>,
): Promise<NonNullable<RunReport['verified']>> {
  const until = systemClock.mono() + verifyMs;
  for (;;) {
    const samples = emptyFindings();
    const lines = emptyFindings();
    say('verifying against the store ...');
    for (const truth of truths) await verifySamples(core, truth, values, samples);
    await verifyLines(core, truths, lines);
    const waiting = samples.missing + lines.missing;
    if (waiting === 0 || systemClock.mono() > until) return { samples, lines };
    say(`${waiting} not there yet, looking again`);
    await wait(2000);
  }
}
