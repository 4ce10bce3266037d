import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = (name: string) => fileURLToPath(new URL(`../engines/start/${name}`, import.meta.url));

/** A real engine with pids, logs and data in a temporary folder of its own, started by test/engines/start/start-NAME.sh. */
export class Engine {
  readonly #name: string;
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #args: readonly string[];
  /** What the script printed: addresses, credentials. */
  values: Readonly<Record<string, string>> = {};

  private constructor(name: string, folder: string, env: Readonly<Record<string, string>>, args: readonly string[]) {
    this.#name = name;
    this.#folder = folder;
    this.#env = env;
    this.#args = args;
  }

  /** @param env variables for the script, such as OPENSEARCH_PORT */
  static async start(
    name: string,
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): Promise<Engine> {
    const engine = new Engine(name, await mkdtemp(join(tmpdir(), `heliograph-${name}-`)), env, args);
    await engine.#start({});
    return engine;
  }

  /** The number of its process, for who counts what it takes. */
  async pid(): Promise<number> {
    return Number((await readFile(join(this.#folder, `${this.#name}.pid`), 'utf8')).split(' ')[0]);
  }

  /** Where its pids, logs and data lie. */
  get folder(): string {
    return this.#folder;
  }

  /** Ends the process at once, as a crash does, or by SIGTERM in good order. Its data stay. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const pid = await this.pid();
    process.kill(pid, signal);
    for (;;) {
      try {
        process.kill(pid, 0);
      } catch {
        // No such process any more.
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Starts it again over the same data, on the same port where that is still free; with other flags where some are given. */
  async restart(args: readonly string[] = this.#args): Promise<void> {
    const upper = this.#name.toUpperCase().replaceAll('-', '_');
    const short = upper === 'VICTORIA_METRICS' ? 'VM' : upper;
    const port = /:(\d+)$/.exec(Object.values(this.values)[0] ?? '')?.[1];
    await this.#start({ [`${short}_KEEP_DATA`]: '1', ...(port ? { [`${short}_PORT`]: port } : {}) }, args);
  }

  /** Ends it and removes everything it had. */
  async stop(): Promise<void> {
    await run(script('stop.sh'), [this.#name], { env: this.#environment({}) });
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #start(more: Readonly<Record<string, string>>, args = this.#args): Promise<void> {
    const { stdout } = await run(script(`start-${this.#name}.sh`), [...args], { env: this.#environment(more) });
    const pairs = stdout.matchAll(/^([A-Z0-9_]+)=(.*)$/gm);
    this.values = Object.fromEntries([...pairs].map(([, name, value]) => [name!, value!]));
  }

  #environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    return { ...process.env, ...this.#env, ...more, ENGINES_RUN: this.#folder };
  }
}
