import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LINE_BYTES } from '../log-lines.ts';
import { AgentRun } from './agent-run.ts';
import type { Agent, AgentPlace } from './agents.ts';
import { firstFile } from './kinds.ts';
import { type WrittenLines, writeRotating } from './writer.ts';

const SINK = fileURLToPath(new URL('./sink.ts', import.meta.url));
/** After its first start an agent has so long to make durable what it follows. */
const START_MS = 2_000;
const KILLS_AT_MS = [4_000, 8_000, 12_000];
const KILLED_MS = 500;
const AWAY_AT_MS = 15_000;
export const AWAY_MS = 30_000;
/** No new line for so long after the sink is back: what is missing does not come any more. */
const STILL_MS = 30_000;
const MOST_MS = 300_000;
/** Between two looks at how far it is that are told. */
const TELL_MS = 10_000;
const OPENED_WITHIN_MS = 60_000;
/** Who reads less than this in so long has read what there is. */
const FEW_BYTES = 256 * 1024;
const FEW_WITHIN_MS = 1_000;

/** What befalls a column. */
export interface Days extends Omit<WrittenLines, 'held'> {
  readonly takenPerSecond: number;
}

export interface Column {
  readonly lines: number;
  readonly missing: number;
  readonly doubled: number;
  /** Torn, merged or changed. */
  readonly strange: number;
  readonly kills: number;
  readonly rotations: number;
  readonly cpuSecondsPerGigabyte: number;
  readonly wireBytesPerLine: number;
  readonly writtenMegabytesPerSecond: number;
  /** Processes that wanted a core in the minute before its end. */
  readonly load: number;
}

interface Counted {
  readonly port: number;
  readonly wireBytes: number;
  readonly came: number;
  readonly missing: number;
  readonly doubled: number;
  readonly strange: number;
}

/** One agent through one kind of rotation, with a sink that is slower than the file, three kill -9 and a sink that is gone for half a minute. */
export async function runColumn(
  directory: string,
  kind: Agent['sink'],
  certificates: readonly string[],
  agentAt: (place: AgentPlace) => Agent,
  days: Days,
  say: (line: string) => void,
): Promise<Column> {
  const logs = join(realpathSync(directory), 'logs');
  mkdirSync(logs, { recursive: true });
  const log = join(logs, 'app.log');
  firstFile(log, days.rotation);
  const sink = fork(SINK, [kind, String(days.lines), String(days.takenPerSecond), ...certificates]);
  const runs: AgentRun[] = [];
  const stop = new AbortController();
  try {
    const [{ port }] = (await once(sink, 'message')) as [Counted];
    const agent = agentAt({ folder: directory, log, port });
    runs.push(new AgentRun(agent));
    await opened(runs[0]!, realpathSync(log));
    await wait(START_MS);
    const deletes = days.rotation === 'delete';
    const held = { writing: false, rotation: false };
    const writing = writeRotating(log, { ...days, held }, stop.signal);
    const began = performance.now();
    const at = (ms: number) => wait(Math.max(0, began + ms - performance.now()));
    for (const ms of KILLS_AT_MS) {
      await at(ms);
      if (deletes) {
        // A file that is deleted while its reader is dead, or was not read to its end when it is killed, is gone for every reader.
        held.rotation = held.writing = true;
        await caughtUp(runs.at(-1)!);
        held.writing = false;
        await wait(KILLED_MS);
      }
      await runs.at(-1)!.end('SIGKILL');
      await wait(KILLED_MS);
      runs.push(new AgentRun(agent));
      if (deletes) await opened(runs.at(-1)!, log);
      held.rotation = false;
    }
    await at(AWAY_AT_MS);
    await ask(sink, 'away');
    say('killed three times; the other end is gone');
    await at(AWAY_AT_MS + AWAY_MS);
    await ask(sink, 'back');
    const { rotations, seconds } = await writing;
    const counted = await settled(sink, days.lines, runs, say);
    const cpuSeconds = runs.reduce((sum, run) => sum + run.cpuSeconds(), 0);
    const { missing, doubled, strange, wireBytes } = counted;
    const bytes = days.lines * LINE_BYTES;
    return {
      lines: days.lines,
      missing,
      doubled,
      strange,
      kills: runs.length - 1,
      rotations,
      cpuSecondsPerGigabyte: (cpuSeconds / bytes) * 1e9,
      wireBytesPerLine: wireBytes / days.lines,
      writtenMegabytesPerSecond: bytes / seconds / 1e6,
      load: loadavg()[0]!,
    };
  } finally {
    stop.abort();
    await runs.at(-1)?.end('SIGTERM');
    sink.disconnect();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** @throws Error when it has not opened the file in time, or ended by itself */
async function opened(run: AgentRun, path: string): Promise<void> {
  const late = performance.now() + OPENED_WITHIN_MS;
  for (;;) {
    run.check();
    if (run.hasOpen(path)) return;
    if (performance.now() > late) throw new Error(`${path} was not opened within ${OPENED_WITHIN_MS / 1000} s`);
    await wait(20);
  }
}

/** @throws Error when it has ended by itself */
async function caughtUp(run: AgentRun): Promise<void> {
  for (let before = run.bytesRead(); ; ) {
    await wait(FEW_WITHIN_MS);
    run.check();
    const now = run.bytesRead();
    if (now - before < FEW_BYTES) return;
    before = now;
  }
}

async function ask(sink: ChildProcess, what: 'away' | 'back' | 'count'): Promise<Counted> {
  const answer = once(sink, 'message') as Promise<[Counted]>;
  sink.send(what);
  return (await answer)[0];
}

/** Until every line came, or none comes any more. */
async function settled(
  sink: ChildProcess,
  lines: number,
  runs: readonly AgentRun[],
  say: (line: string) => void,
): Promise<Counted> {
  const began = performance.now();
  let last = { came: -1, since: began };
  let told = began - TELL_MS;
  for (;;) {
    const counted = await ask(sink, 'count');
    runs.at(-1)!.check();
    const now = performance.now();
    if (counted.came !== last.came) last = { came: counted.came, since: now };
    if (now - told >= TELL_MS) {
      told = now;
      say(`${counted.came} of ${lines} lines came`);
    }
    // A double may still be on its way when the last line has come.
    const still = now - last.since;
    if ((counted.missing === 0 && counted.came >= lines && still > 3_000) || still > STILL_MS || now > began + MOST_MS)
      return counted;
    await wait(250);
  }
}
