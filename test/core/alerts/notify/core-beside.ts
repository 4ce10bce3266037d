import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from '../../../support/until.ts';

const PROGRAM = fileURLToPath(new URL('./notifying-process.ts', import.meta.url));

/** A core's notifications in a process of its own. */
export class CoreBeside {
  readonly #process: ChildProcess;
  #said: { held: boolean; silences: number } | null = null;
  #ready = false;

  private constructor(options: object) {
    this.#process = fork(PROGRAM, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#process.on('message', (message: { ready?: true; held: boolean; silences: number }) => {
      if (message.ready) this.#ready = true;
      else this.#said = message;
    });
  }

  static async start(options: object): Promise<CoreBeside> {
    const core = new CoreBeside(options);
    await until('the start of a core', () => core.#ready);
    return core;
  }

  get held(): boolean {
    return this.#said?.held ?? false;
  }

  get silences(): number {
    return this.#said?.silences ?? 0;
  }

  hold(...instances: string[]): void {
    this.#process.send({ hold: instances });
  }

  silence(instance: string): void {
    this.#process.send({ silence: instance });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await gone;
  }
}
