import { parseBytes } from '../../lib/config/duration.ts';
import { PREFIX } from '../settings.ts';

/** What is run; by environment, with defaults for a small machine. */
export interface SiegeOptions {
  /** How long the relay is gone. */
  readonly minutes: number;
  /** Bytes of log files that are there at the start. */
  readonly backlog: number;
  /** Lines a second that are written meanwhile. */
  readonly linesPerSecond: number;
  /** The hardware profile whose caps are held. */
  readonly hardware: string;
}

/** @throws TypeError that names the variable and what it may be */
export function siegeOptions(env: NodeJS.ProcessEnv): SiegeOptions {
  const number = (name: string, otherwise: number, least: number): number => {
    const text = env[PREFIX + name];
    const value = text === undefined ? otherwise : Number(text);
    if (!(value >= least)) throw new TypeError(`${PREFIX}${name} is ${text}; give a number, at least ${least}`);
    return value;
  };
  const size = env[`${PREFIX}BACKLOG`] ?? '1GiB';
  const backlog = parseBytes(size);
  if (backlog === null) throw new TypeError(`${PREFIX}BACKLOG is ${size}; give a size such as 10GiB`);
  return {
    minutes: number('MINUTES', 5, 0.5),
    backlog,
    linesPerSecond: Math.floor(number('LOGS', 100_000, 0)),
    hardware: env[`${PREFIX}HARDWARE`] ?? 'server-x86_64',
  };
}
