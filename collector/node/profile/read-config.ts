import { z } from 'zod';
import { loadConfig } from '../../../lib/config/load.ts';
import { type CollectorConfig, collectorConfig } from '../config.ts';
import { type Detected, detectProfile } from './detect.ts';
import { loadProfile } from './load.ts';

type Keys = Readonly<Record<string, unknown>>;

/** What may be said in the place of the file and of the machine. */
export interface ReadOptions {
  /** Before what the file says. */
  readonly profile?: string | undefined;
  /** Looks at the machine; called only where nobody names a profile. */
  readonly detect?: (root: string) => Detected;
}

/**
 * The schema of a collector's file on this machine: what the file leaves out is what the hardware profile says, and then what the schema says.
 * `profile` of the result is the profile's name, whoever named it.
 */
export function collectorFile(options: ReadOptions = {}): z.ZodType<CollectorConfig> {
  return z.preprocess((input) => (isMap(input) ? withProfile(input, options) : input), collectorConfig);
}

/**
 * Reads a collector's configuration as `collectorFile` has it.
 * @throws HeliographError HG_CONFIG_*, HG_PROFILE_UNKNOWN
 */
export function readCollectorConfig(file: string, options: ReadOptions = {}): CollectorConfig {
  return loadConfig(file, collectorFile(options));
}

function withProfile(input: Keys, { profile, detect = detectProfile }: ReadOptions): Keys {
  const said = profile ?? input.profile;
  // Something else than a text is for the schema to refuse.
  if (said !== undefined && typeof said !== 'string') return input;
  const root = typeof input.root === 'string' ? input.root : '/';
  const { name, defaults } = loadProfile(said ?? detect(root).name);
  return { ...merged(defaults, input), profile: name };
}

/** `over` before `under`, section by section; lists and values are taken whole. */
function merged(under: Keys, over: Keys): Keys {
  const all: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = all[key];
    all[key] = isMap(value) && isMap(below) ? merged(below, value) : value;
  }
  return all;
}

function isMap(value: unknown): value is Keys {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
