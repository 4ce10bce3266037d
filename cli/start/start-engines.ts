import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeliographError } from '../../lib/errors.ts';
import { ownFolder } from '../../lib/own-folder.ts';
import { StartedEngine } from './engine.ts';
import { checkNeeds } from './engine-needs.ts';
import { ENGINES, type EngineChoice } from './engines.ts';

/** What the core must know of the engines that were started. */
export interface EnginesForCore {
  readonly config: object;
  readonly environment: Readonly<Record<string, string>>;
}

/** How often it is looked whether they still run. */
const LOOK_MS = 2_000;

/** The engines of one start: all of them, or none. */
export class StartedEngines {
  readonly #engines: readonly StartedEngine[];
  readonly #choices: readonly EngineChoice[];
  readonly #release: () => void;
  readonly #say: (line: string) => void;
  readonly #gone = new Set<StartedEngine>();
  #watch: NodeJS.Timeout | undefined;

  /**
   * @param names as in the table of engines; empty: all of them
   * @throws HeliographError HG_CONFIG_VALUE, HG_START_NEEDS; HG_STORE_LOCKED when another start uses the folder
   */
  constructor(names: readonly string[], data: string, say: (line: string) => void) {
    this.#choices = names.length === 0 ? ENGINES : names.map(choiceOf);
    checkNeeds(this.#choices);
    const folder = join(data, 'engines');
    mkdirSync(folder, { recursive: true });
    this.#release = ownFolder(folder);
    this.#say = say;
    const environment = { S3_ACCESS_KEY_ID: 'heliograph', S3_SECRET_ACCESS_KEY: secretOf(join(folder, 's3.secret')) };
    this.#engines = this.#choices.map((choice) => new StartedEngine({ choice, folder, environment, say }));
  }

  /** Starts them side by side. @throws HeliographError HG_START_ENGINE */
  async start(): Promise<EnginesForCore> {
    this.#say(`engines: ${this.#choices.map(({ name, what }) => `${name} for ${what}`).join(', ')}`);
    const values = await Promise.all(this.#engines.map((engine) => engine.start()));
    this.#watch = setInterval(() => this.#look(), LOOK_MS);
    const all = <T extends object>(part: (choice: EngineChoice, i: number) => T | undefined): T =>
      Object.assign({}, ...this.#choices.map((choice, i) => part(choice, i)));
    return {
      config: all((choice, i) => choice.config(values[i]!)),
      environment: all((choice, i) => choice.environment?.(values[i]!)),
    };
  }

  /** Ends what was started, and nothing else; the data stay. */
  async stop(): Promise<void> {
    clearInterval(this.#watch);
    this.#say(`stopping ${this.#engines.map(({ name }) => name).join(', ')}`);
    await Promise.all(this.#engines.map((engine) => engine.stop()));
    this.#release();
  }

  /** The same at once. */
  kill(): void {
    for (const engine of this.#engines) engine.kill();
  }

  /** One that ends by itself is told, once: what it keeps waits in the core and at the relay. */
  #look(): void {
    for (const engine of this.#engines) {
      if (engine.alive || this.#gone.has(engine)) continue;
      this.#gone.add(engine);
      this.#say(`${engine.name} ended by itself; see ${engine.log}. What it keeps waits until the next start.`);
    }
  }
}

function choiceOf(name: string): EngineChoice {
  const choice = ENGINES.find((one) => one.name === name);
  if (choice) return choice;
  const known = ENGINES.map((one) => one.name).join(', ');
  throw new HeliographError('HG_CONFIG_VALUE', `--engines ${name}: there is none of that name; write some of ${known}`);
}

/** The key to the dead letters, made once. */
function secretOf(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}
