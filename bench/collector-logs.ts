import { type ChildProcess, fork, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createAuthority } from '../lib/certificates/authority.ts';
import { writeCollectorConfig } from './collector/config-file.ts';
import { variedLines } from './collector/varied-lines.ts';
import { LINE_BYTES } from './log-lines.ts';
import type { BenchResult } from './result.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** In one file that is there already, as after an outage; the first part is the start of the process too. */
const BULK_LINES = 400_000;
/** Then written line by line, as fast as a busy service does. */
const PACED_LINES = 100_000;
const PACED_PER_SECOND = 10_000;
const SLICE = 20_000;
const DEADLINE_MS = 120_000;

interface Counted {
  readonly lines: number;
  readonly repeated: number;
  readonly frames: number;
  readonly payloadBytes: number;
  readonly wireBytes: number;
}

/** CPU seconds of a process, all its threads, user and system, at 100 ticks a second. */
function cpuSeconds(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const ask = (sink: ChildProcess): Promise<Counted> =>
  new Promise((resolve) => {
    sink.once('message', (message) => resolve(message as Counted));
    sink.send('count');
  });

async function arrived(sink: ChildProcess, child: ChildProcess, lines: number): Promise<Counted> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const counted = await ask(sink);
    if (counted.lines >= lines) return counted;
    if (Date.now() > deadline || child.exitCode !== null) throw new Error(`${counted.lines} of ${lines} lines came`);
    await wait(20);
  }
}

function append(path: string, from: number, to: number): void {
  for (let at = from; at < to; at += SLICE) appendFileSync(path, variedLines(at, Math.min(to, at + SLICE)));
}

/**
 * The collector in a process of its own, from a log file to the acknowledgement: read, masked, level and time, columns, zstd, spool with fsync,
 * MQTT over TLS 1.3. Every line must come, once.
 */
export async function run(bulkLines = BULK_LINES, pacedLines = PACED_LINES): Promise<BenchResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-collector-logs-'));
  const authority = await createAuthority(join(directory, 'ca'), Date.now());
  const relay = await authority.issue({ name: 'relay-1', role: 'relay', hosts: ['127.0.0.1'], days: 1 });
  const host = await authority.issue({ name: 'host-1', role: 'collector', days: 1 });
  const sink = fork(here('./collector/sink.ts'), [relay.ca, relay.cert, relay.key]);
  let child: ChildProcess | null = null;
  try {
    const { port } = await new Promise<{ port: number }>((resolve) =>
      sink.once('message', (message) => resolve(message as { port: number })),
    );
    mkdirSync(join(directory, 'logs'));
    const log = join(directory, 'logs', 'app.log');
    append(log, 0, bulkLines);
    const config = writeCollectorConfig(directory, port, host, { logs: [{ paths: [log], level: 'debug' }] });
    const flags = (process.env.HELIOGRAPH_NODE_FLAGS ?? '').split(' ').filter((flag) => flag !== '');
    child = spawn(process.execPath, [...flags, here('../collector/node/main.ts'), config], {
      stdio: ['ignore', process.env.HELIOGRAPH_OUT ? 'inherit' : 'ignore', 'inherit'],
    });
    const first = await arrived(sink, child, bulkLines);
    const cold = cpuSeconds(child);
    append(log, bulkLines, bulkLines * 2);
    // What comes while the file is written is a part of it: it is one stretch from here to the last acknowledgement.
    const second = await arrived(sink, child, bulkLines * 2);
    const warm = cpuSeconds(child) - cold;
    const began = Date.now();
    const before = cpuSeconds(child);
    const step = PACED_PER_SECOND / 20;
    for (let at = 0; at < pacedLines; at += step) {
      append(log, bulkLines * 2 + at, bulkLines * 2 + at + step);
      await wait(Math.max(0, began + ((at + step) / PACED_PER_SECOND) * 1000 - Date.now()));
    }
    const third = await arrived(sink, child, bulkLines * 2 + pacedLines);
    const paced = cpuSeconds(child) - before;
    if (third.repeated > 0) throw new Error(`${third.repeated} lines came twice`);
    const gigabytes = (lines: number): number => (lines * LINE_BYTES) / 1e9;
    const note = (counted: Counted, lines: number): string =>
      `${lines} lines of ${LINE_BYTES} bytes, ${counted.frames} frames, ${(counted.payloadBytes / lines).toFixed(1)} B a line before TLS`;
    const since = (now: Counted, then: Counted): Counted => ({
      lines: now.lines - then.lines,
      repeated: 0,
      frames: now.frames - then.frames,
      payloadBytes: now.payloadBytes - then.payloadBytes,
      wireBytes: now.wireBytes - then.wireBytes,
    });
    const bulk = since(second, first);
    const slow = since(third, second);
    return [
      {
        name: 'file to acknowledgement, the first lines of a process, its start included',
        value: cold / gigabytes(bulkLines),
        unit: 'CPU s/GB',
        note: note(first, bulkLines),
      },
      {
        name: 'file to acknowledgement, masking included',
        value: warm / gigabytes(bulkLines),
        unit: 'CPU s/GB',
        target: 15,
        note: note(bulk, bulkLines),
      },
      { name: 'on the wire, TLS included', value: bulk.wireBytes / bulk.lines, unit: 'B a line', target: 80 },
      {
        name: `file to acknowledgement at ${PACED_PER_SECOND} lines/s`,
        value: paced / gigabytes(pacedLines),
        unit: 'CPU s/GB',
        target: 15,
        note: note(slow, pacedLines),
      },
      {
        name: `on the wire at ${PACED_PER_SECOND} lines/s, TLS included`,
        value: slow.wireBytes / slow.lines,
        unit: 'B a line',
        target: 80,
      },
    ];
  } finally {
    sink.disconnect();
    if (child !== null && child.exitCode === null) {
      const ended = new Promise((resolve) => child!.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(directory, { recursive: true, force: true });
  }
}
