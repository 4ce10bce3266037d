import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cpuSecondsOf } from '../process/figures.ts';
import type { Agent } from './agents.ts';

/** A life of an agent. */
export class AgentRun {
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

  /** Whether it has a file open. @param path as it is without links */
  hasOpen(path: string): boolean {
    const folder = `/proc/${this.#child.pid}/fd`;
    return readdirSync(folder).some((fd) => {
      try {
        return readlinkSync(join(folder, fd)) === path;
      } catch (error) {
        // Closed since it was listed.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw error;
      }
    });
  }

  /** Bytes it has read of whatever it read, since it was started. */
  bytesRead(): number {
    const [, bytes] = /^rchar: (\d+)$/m.exec(readFileSync(`/proc/${this.#child.pid}/io`, 'utf8'))!;
    return Number(bytes);
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
