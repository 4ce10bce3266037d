import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuSecondsOf } from '../process/figures.ts';
import type { Agent, AgentPlace } from './agents.ts';
import { type Rotation, writeRotating } from './writer.ts';

const SINK = fileURLToPath(new URL('./sink.ts', import.meta.url));
const START_MS = 3_000;
const KILLS_AT_MS = [4_000, 8_000, 12_000];
const KILLED_MS = 500;
const AWAY_AT_MS = 15_000;
const AWAY_MS = 30_000;
/** No new line for so long after the sink is back: what is missing does not come any more. */
const STILL_MS = 30_000;
const MOST_MS = 300_000;

/** What befalls a column. */
export interface Days {
  readonly lines: number;
  readonly writtenPerSecond: number;
  readonly takenPerSecond: number;
  readonly everyMs: number;
  readonly rotation: Rotation;
  readonly kills: boolean;
}

export interface Column {
  readonly missing: number;
  readonly doubled: number;
  readonly strange: number;
  readonly kills: number;
  readonly cpuSeconds: number;
  readonly wireBytes: number;
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
): Promise<Column> {
  const logs = join(directory, 'logs');
  mkdirSync(logs, { recursive: true });
  const log = join(logs, 'app.log');
  writeFileSync(log, '');
  const sink = fork(SINK, [kind, String(days.lines), String(days.takenPerSecond), ...certificates]);
  const runs: AgentRun[] = [];
  const stop = new AbortController();
  try {
    const [{ port }] = (await once(sink, 'message')) as [Counted];
    const agent = agentAt({ folder: directory, log, port });
    runs.push(new AgentRun(agent));
    await wait(START_MS);
    const writing = writeRotating(log, { ...days, bytesPerSecond: days.writtenPerSecond }, stop.signal);
    const began = performance.now();
    const at = (ms: number) => wait(Math.max(0, began + ms - performance.now()));
    if (days.kills)
      for (const ms of KILLS_AT_MS) {
        await at(ms);
        await runs.at(-1)!.end('SIGKILL');
        await wait(KILLED_MS);
        runs.push(new AgentRun(agent));
      }
    await at(AWAY_AT_MS);
    await ask(sink, 'away');
    await at(AWAY_AT_MS + AWAY_MS);
    await ask(sink, 'back');
    await writing;
    const counted = await settled(sink, days.lines, runs);
    const cpuSeconds = runs.reduce((sum, run) => sum + run.cpuSeconds(), 0);
    const { missing, doubled, strange, wireBytes } = counted;
    return { missing, doubled, strange, wireBytes, cpuSeconds, kills: runs.length - 1 };
  } finally {
    stop.abort();
    await runs.at(-1)?.end('SIGTERM');
    sink.disconnect();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function ask(sink: ChildProcess, what: 'away' | 'back' | 'count'): Promise<Counted> {
  const answer = once(sink, 'message') as Promise<[Counted]>;
  sink.send(what);
  return (await answer)[0];
}

/** Until every line came, or none comes any more. */
async function settled(sink: ChildProcess, lines: number, runs: readonly AgentRun[]): Promise<Counted> {
  const end = performance.now() + MOST_MS;
  let last = { came: -1, since: performance.now() };
  for (;;) {
    const counted = await ask(sink, 'count');
    runs.at(-1)!.check();
    const now = performance.now();
    if (counted.came !== last.came) last = { came: counted.came, since: now };
    // A double may still be on its way when the last line has come.
    const still = now - last.since;
    if ((counted.missing === 0 && counted.came >= lines && still > 3_000) || still > STILL_MS || now > end)
      return counted;
    await wait(250);
  }
}

/** A life of an agent. */
class AgentRun {
  readonly #child: ChildProcess;
  readonly #name: string;
  #said = '';
  #cpu = 0;

  constructor({ name, program, args, env }: Agent) {
    this.#name = name;
    this.#child = spawn(program, [...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.#said = (this.#said + chunk.toString()).slice(-2_000);
      });
  }

  /** Of its whole life when it has ended, else until now. */
  cpuSeconds(): number {
    if (!this.#ended) this.#cpu = cpuSecondsOf(this.#child.pid!);
    return this.#cpu;
  }

  /** @throws Error when it ended by itself, with what it said */
  check(): void {
    if (this.#ended) throw new Error(`${this.#name} ended by itself:\n${this.#said}`);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#ended) return;
    this.cpuSeconds();
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(timer);
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
