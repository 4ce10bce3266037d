import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '../runtime.js';

const CLI = dirname(dirname(fileURLToPath(import.meta.url)));

/** How long a tier may take until it says that it is ready; a big journal is read through at start. */
const READY_MS = 60_000;
/** A tier that dies is started again, at most this often a minute; then something is wrong that a restart does not mend. */
const RESTARTS_A_MINUTE = 3;

export interface ChildOptions {
  readonly name: string;
  /** File in cli/, and its arguments. */
  readonly script: string;
  readonly args: readonly string[];
  readonly nodeFlags?: readonly string[];
  /** Variables beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where standard output and error go; the tier's own log goes to its --log-file. */
  readonly output: string;
  readonly say: (line: string) => void;
  /** Told when the tier cannot be kept running. */
  readonly onGiveUp: (reason: string) => void;
}

/** A tier as a process of its own: started, watched, started again when it dies, and stopped in good order. */
export class Child {
  readonly #options: ChildOptions;
  #process: ChildProcess | null = null;
  #stopping = false;
  #deaths: number[] = [];

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves when the process says that it is ready; rejects with its last words when it ends before that. */
  start(): Promise<void> {
    const { name, script, args, nodeFlags = [], environment = {}, output } = this.#options;
    mkdirSync(dirname(output), { recursive: true });
    const out = openSync(output, 'w');
    const child = spawn(process.execPath, [...NODE_FLAGS, ...nodeFlags, join(CLI, script), ...args], {
      // A group of its own, so that Ctrl-C reaches only the starter, which then stops the tiers in order. The channel tells
      // a tier when the starter is gone, however it went.
      detached: true,
      env: { ...process.env, ...environment },
      stdio: ['ignore', out, out, 'ipc'],
    });
    closeSync(out);
    this.#process = child;
    return new Promise((resolve, reject) => {
      let ready = false;
      const late = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`${name} was not ready within ${READY_MS / 1000} s; see ${output}`));
      }, READY_MS);
      child.once('message', () => {
        ready = true;
        clearTimeout(late);
        resolve();
      });
      child.once('error', (error) => reject(error));
      child.once('exit', (code, signal) => {
        clearTimeout(late);
        this.#process = null;
        if (!ready) reject(new Error(readFileSync(output, 'utf8').trim() || `${name} ended with ${signal ?? code}`));
        else if (!this.#stopping) this.#again(signal ?? `code ${code}`);
      });
    });
  }

  /** Asks it to close and waits until it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }

  /** Ends it now. For a starter that is told twice to stop. */
  kill(): void {
    this.#stopping = true;
    this.#process?.kill('SIGKILL');
  }

  #again(how: string): void {
    const { name, output, say, onGiveUp } = this.#options;
    const now = Date.now();
    this.#deaths = [...this.#deaths.filter((time) => now - time < 60_000), now];
    if (this.#deaths.length > RESTARTS_A_MINUTE) {
      onGiveUp(`${name} ended ${this.#deaths.length} times within a minute (${how}); see ${output}`);
      return;
    }
    say(`${name} ended (${how}); starting it again. Nothing acknowledged is lost.`);
    this.start().catch((error: unknown) => onGiveUp(`${name} did not start again: ${String(error)}`));
  }
}
