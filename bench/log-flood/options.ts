import { PREFIX, USUAL_HOSTS } from '../settings.ts';

export type FloodBus = 'embedded' | 'kafka';

/** What is run; all of it by environment, with defaults for a small machine. */
export interface FloodOptions {
  readonly hosts: number;
  /** Processes that play the hosts. */
  readonly workers: number;
  /** MB of lines a second to try first, as they stand in files. */
  readonly megabytes: number;
  /** False: only that rate is run, whatever comes of it. */
  readonly search: boolean;
  /** What is counted of the run that counts. */
  readonly seconds: number;
  /** The lines that a host writes in this time make its frames, one for each class. */
  readonly spanMs: number;
  readonly bus: FloodBus;
  /** Folder for CPU profiles of relay and core. */
  readonly profile: string | null;
}

const BUSES: readonly FloodBus[] = ['embedded', 'kafka'];

/** @throws TypeError that names the variable and what it may be */
export function floodOptions(env: NodeJS.ProcessEnv): FloodOptions {
  const number = (name: string, otherwise: number): number => {
    const text = env[PREFIX + name];
    const value = text === undefined ? otherwise : Number(text);
    if (!(value >= 1)) throw new TypeError(`${PREFIX}${name} is ${text}; give a number, at least 1`);
    return value;
  };
  const bus = env[`${PREFIX}STORE`] ?? 'embedded';
  if (!BUSES.includes(bus as FloodBus)) {
    throw new TypeError(`${PREFIX}STORE is ${bus}; give one of ${BUSES.join(', ')}`);
  }
  return {
    hosts: Math.floor(number('HOSTS', USUAL_HOSTS['log-flood'])),
    workers: Math.floor(number('WORKERS', 1)),
    megabytes: number('RATE', 60),
    search: env[`${PREFIX}RATE`] === undefined,
    seconds: number('SECONDS', 20),
    spanMs: number('SPAN_MS', 2000),
    bus: bus as FloodBus,
    profile: env[`${PREFIX}PROFILE`] ?? null,
  };
}
