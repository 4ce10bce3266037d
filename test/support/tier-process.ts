import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** A program of the project as a process of its own, that can be killed as power cuts and operators kill. */
export class TierProcess {
  readonly #script: string;
  readonly #args: readonly string[];
  readonly #output: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #under: readonly string[];
  #child: ChildProcess | null = null;

  /**
   * @param script file in cli/ @param output file that gets all that it prints, appended @param environment beside that of this process
   * @param under a command and its arguments that becomes the program at last, such as `ip netns exec NAME`
   */
  constructor(
    script: string,
    args: readonly string[],
    output: string,
    environment: Readonly<Record<string, string>> = {},
    under: readonly string[] = [],
  ) {
    this.#script = script;
    this.#args = args;
    this.#output = output;
    this.#environment = environment;
    this.#under = under;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it and resolves when it says that it is ready. */
  start(): Promise<void> {
    mkdirSync(dirname(this.#output), { recursive: true });
    const out = createWriteStream(this.#output, { flags: 'a' });
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', resolve('cli', this.#script)];
    const [program, ...args] = [...this.#under, ...node, ...this.#args];
    const child = spawn(program!, args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...this.#environment },
    });
    let said = '';
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        out.write(chunk);
        said = (said + chunk.toString()).slice(-4000);
      });
    }
    this.#child = child;
    return new Promise((done, fail) => {
      child.once('message', () => done());
      child.once('error', fail);
      child.once('exit', (code, signal) => {
        out.end();
        if (this.#child === child) this.#child = null;
        fail(new Error(`${this.#script} ${this.#args[0]} ended with ${signal ?? code} before it was ready:\n${said}`));
      });
    });
  }

  /** kill -9, and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks it to close and waits until it has. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await gone;
  }
}
