import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HeliographError } from '../../lib/errors.ts';
import type { EngineChoice } from './engines.ts';

const SCRIPTS = fileURLToPath(new URL('../../test/engines/start/', import.meta.url));
const STOP = join(SCRIPTS, 'stop.sh');
/** How often a start that takes long says that it goes on. */
const PATIENCE_MS = 10_000;
/** How long an engine may take to end by itself: SeaweedFS and OpenSearch write down what they hold. */
const STOP_SECONDS = 20;

export interface EngineOptions {
  readonly choice: EngineChoice;
  /** Process ids, logs and data. */
  readonly folder: string;
  /** Further variables for the script. */
  readonly environment: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

/** One real engine: started by its script over the data of the start before, and stopped again. */
export class StartedEngine {
  readonly #options: EngineOptions;
  #script: ChildProcess | null = null;
  #stopping: Promise<void> | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** The engine's own log. */
  get log(): string {
    return join(this.#options.folder, `${this.name}.log`);
  }

  get name(): string {
    return this.#options.choice.name;
  }

  /** Resolves with what the script printed when the engine answers. @throws HeliographError HG_START_ENGINE with its last words */
  async start(): Promise<Readonly<Record<string, string>>> {
    const { choice, say } = this.#options;
    const { name, what, download } = choice;
    const began = Date.now();
    const seconds = () => Math.round((Date.now() - began) / 1000);
    const child = spawn(join(SCRIPTS, `start-${name}.sh`), [...(choice.arguments ?? [])], {
      env: this.#environment(),
      // A group of its own: Ctrl-C reaches the starter only, which ends what it began in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#script = child;
    let out = '';
    let words = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr!.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-4000);
    });
    const patience = setInterval(
      () => say(`${name} is still starting after ${seconds()} s (the first time it fetches ${download}; ${this.log})`),
      PATIENCE_MS,
    );
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    }).finally(() => clearInterval(patience));
    this.#script = null;
    if (code !== 0) {
      throw new HeliographError('HG_START_ENGINE', `${name} (${this.log}): ${words.trim() || `code ${code}`}`);
    }
    const values = Object.fromEntries(
      [...out.matchAll(/^([A-Z0-9_]+)=(.*)$/gm)].map(([, key, value]) => [key!, value!]),
    );
    say(`${name} is up after ${seconds()} s (pid ${this.#pid()}): ${what}, at ${Object.values(values)[0]}`);
    return values;
  }

  /** Ends the script if it is still at work, and the engine if it runs; resolves when it is gone. May be called again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Ends the engine now, without waiting for it to write down what it holds. For a starter that is told twice to stop. */
  kill(): void {
    this.#endScript();
    if (this.#started) spawnSync(STOP, [this.name], { env: { ...this.#environment(), ENGINES_STOP_SECONDS: '0' } });
  }

  /** False when the engine ended by itself. */
  get alive(): boolean {
    if (!this.#started || this.#stopping) return true;
    try {
      process.kill(Number(this.#pid()), 0);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw error;
    }
  }

  async #stop(): Promise<void> {
    this.#endScript();
    if (!this.#started) return;
    const env = { ...this.#environment(), ENGINES_STOP_SECONDS: String(STOP_SECONDS) };
    const child = spawn(STOP, [this.name], { env, detached: true, stdio: 'ignore' });
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
  }

  /** The script recorded a process of its own in this folder. */
  get #started(): boolean {
    return existsSync(join(this.#options.folder, `${this.name}.pid`));
  }

  #endScript(): void {
    const pid = this.#script?.pid;
    this.#script = null;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      // It came to its end by itself just now.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  #pid(): string {
    return readFileSync(join(this.#options.folder, `${this.name}.pid`), 'utf8').split(' ')[0]!;
  }

  #environment(): NodeJS.ProcessEnv {
    const { choice, folder, environment } = this.#options;
    return { ...process.env, ...environment, ENGINES_RUN: folder, [`${choice.word}_KEEP_DATA`]: '1' };
  }
}
