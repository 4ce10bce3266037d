import { type ChildProcess, fork } from 'node:child_process';

/** A tier as a process of its own, which can be killed, and whose time stands still until it is told another. */
export class ClockedProcess<Up> {
  readonly #script: string;
  readonly #config: object;
  #child: ChildProcess | null = null;
  #time: number;

  /**
   * @param script takes `{config, time}` once and `{time}` after it, and says `Up` when it is up
   * @param config as its file would have it @param time ms since the epoch
   */
  constructor(script: string, config: object, time: number) {
    this.#script = script;
    this.#config = config;
    this.#time = time;
  }

  /** What it says when it is up. */
  async start(): Promise<Up> {
    const execArgv = ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0123'];
    const child = fork(this.#script, [], { execArgv });
    this.#child = child;
    const up = new Promise<Up>((resolve, reject) => {
      child.once('message', (message) => resolve(message as Up));
      child.once('exit', (code, signal) => reject(new Error(`${this.#script} ended: ${signal ?? code}`)));
    });
    child.send({ config: this.#config, time: this.#time });
    return up;
  }

  pass(time: number): void {
    this.#time = time;
    this.#child?.send({ time });
  }

  /** kill -9, and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}
