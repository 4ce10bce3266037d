import { Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../lib/config/duration.ts';
import { reportText } from '../simulator/report.ts';
import { runSimulation } from '../simulator/run.ts';
import { latencyQuantiles } from '../simulator/stats.ts';
import { reportAndExit } from './failure.ts';

interface Options {
  readonly hosts: number;
  readonly relay: { host: string; port: number };
  readonly interval: number;
  readonly duration: number;
  readonly logsPerSecond: number;
  readonly ca: string;
  readonly verify?: URL;
  readonly seed: number;
  readonly json?: boolean;
}

const program = new Command('simulate')
  .description('Simulated hosts against a relay: real TLS connections, values from a recording, and a report.')
  .option('--hosts <n>', 'how many', whole, 20)
  .requiredOption('--relay <host:port>', "the relay's MQTT address", hostAndPort)
  .option('--interval <duration>', 'time between two samples of a host', milliseconds, 10_000)
  .option('--duration <duration>', 'how long to run; 0s: until stopped', milliseconds, 60_000)
  .option('--logs-per-second <r>', 'log lines a second, over all hosts', number, 0)
  .option(
    '--ca <folder>',
    'the certificate authority ("heliograph ca init"); certificates are made and kept there',
    './data/ca',
  )
  .option(
    '--verify <core-url>',
    'afterwards compare every sample and line in the store with what was sent',
    (text) => new URL(text),
  )
  .option('--seed <n>', 'for everything random', whole, 1)
  .option('--json', 'the report as JSON')
  .addHelpText(
    'after',
    '\nExample (beside a running "npm start"):\n  simulate --hosts 200 --relay 127.0.0.1:8883 --interval 10s --duration 60s --logs-per-second 500 --verify http://127.0.0.1:9470\n' +
      '\nExits with 1 when something sent was not acknowledged, or when --verify finds anything missing, doubled or altered.',
  );

async function main(): Promise<void> {
  program.parse();
  const options = program.opts<Options>();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  process.on('disconnect', () => stop.abort());
  const tty = process.stderr.isTTY;
  const say = (line: string) => process.stderr.write(`${tty ? '\r\x1b[K' : ''}simulate: ${line}\n`);
  let shown = 0;
  const run = await runSimulation({
    hosts: options.hosts,
    relay: options.relay,
    intervalMs: options.interval,
    durationMs: options.duration,
    logsPerSecond: options.logsPerSecond,
    authority: options.ca,
    verify: options.verify ?? null,
    seed: options.seed,
    signal: stop.signal,
    say,
    onReady: () => process.send?.('ready'),
    onProgress: (stats, elapsed) => {
      // A line that renews itself on a terminal; a line every ten seconds in a file.
      if (!tty && elapsed - shown < 10_000) return;
      shown = elapsed;
      const [p50, p99] = latencyQuantiles(stats, [0.5, 0.99]) as [number, number];
      const text =
        `${(elapsed / 1000).toFixed(0)} s: ${stats.connected}/${options.hosts} hosts up, ${stats.samplesAcknowledged}/${stats.samplesSent} samples, ` +
        `${stats.linesAcknowledged}/${stats.linesSent} lines, acknowledged in ${p50.toFixed(0)} ms (p99 ${p99.toFixed(0)}), ${stats.queuedFrames} frames queued`;
      process.stderr.write(tty ? `\r\x1b[Ksimulate: ${text}` : `simulate: ${text}\n`);
    },
  });
  if (tty) process.stderr.write('\n');
  console.log(options.json ? JSON.stringify(run, null, 2) : reportText(run));
  process.exit(run.good ? 0 : 1);
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number, at least 1');
  return value;
}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('give a number, at least 0');
  return value;
}

function milliseconds(text: string): number {
  const value = parseDuration(text);
  if (value === null) throw new InvalidArgumentError('give a duration such as 500ms, 10s or 5m');
  return value;
}

function hostAndPort(text: string): { host: string; port: number } {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  if (!match) throw new InvalidArgumentError('give an address such as 127.0.0.1:8883');
  return { host: match[1]!, port: Number(match[2]) };
}

main().catch(reportAndExit);
