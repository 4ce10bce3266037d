import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const START_MS = 20_000;

/** A program of others as a process of ours. */
export class Daemon {
  readonly #child: ChildProcess;
  #said = '';

  /** @param env beside what this process has */
  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        this.#said = (this.#said + chunk.toString()).slice(-2_000);
      });
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** @throws Error with what it said, when it ended */
  check(): void {
    const { exitCode, signalCode, spawnfile } = this.#child;
    if (exitCode !== null || signalCode !== null) {
      throw new Error(`${spawnfile} ended with ${signalCode ?? exitCode}:\n${this.#said}`);
    }
  }

  /** Resolves when something listens on the port. */
  async listens(port: number): Promise<void> {
    for (const until = performance.now() + START_MS; ; ) {
      this.check();
      const socket = connect(port, '127.0.0.1');
      const there = await Promise.race([
        once(socket, 'connect').then(() => true),
        // Nobody listens yet.
        once(socket, 'close').then(() => false),
      ]).catch(() => false);
      socket.destroy();
      if (there) return;
      if (performance.now() > until) throw new Error(`${this.#child.spawnfile} does not listen:\n${this.#said}`);
      await wait(50);
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(timer);
  }
}
