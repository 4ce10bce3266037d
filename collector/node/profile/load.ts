import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { parseConfig } from '../../../lib/config/load.ts';
import { nearest } from '../../../lib/config/nearest.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { type HardwareProfile, hardwareProfile } from './schema.ts';

/** A profile, and its defaults for the collector's configuration as they stand in the file: not yet checked as part of a whole. */
export interface LoadedProfile extends HardwareProfile {
  readonly name: string;
  readonly file: string;
  readonly defaults: Readonly<Record<string, unknown>>;
}

/** Profiles that come with the program: beside its one file where it is bundled, in the source tree otherwise. */
export function profilesFolder(): string {
  const bundled = fileURLToPath(new URL('./hardware-profiles', import.meta.url));
  return existsSync(bundled) ? bundled : fileURLToPath(new URL('../../../hardware-profiles', import.meta.url));
}

/** Names of the profiles of a folder. */
export function profileNames(folder = profilesFolder()): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/**
 * Reads a profile.
 * @param name one of profileNames(), or the path of a file of one's own, with a slash in it
 * @throws HeliographError HG_PROFILE_UNKNOWN, HG_CONFIG_* with file, line, value and fix
 */
export function loadProfile(name: string, folder = profilesFolder()): LoadedProfile {
  const known = profileNames(folder);
  const own = name.includes('/');
  if (!own && !known.includes(name)) {
    const near = nearest(name, known);
    const fix = near ? `did you mean "${near}"?` : `there are: ${known.join(', ')}; or give the path of a file`;
    throw new HeliographError('HG_PROFILE_UNKNOWN', `profile "${name}"; ${fix}`, { profile: name });
  }
  const file = own ? name : join(folder, `${name}.yaml`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HeliographError(
      'HG_PROFILE_UNKNOWN',
      `${file} cannot be read; give a file, or one of: ${known.join(', ')}`,
      { file },
      cause,
    );
  }
  const profile = parseConfig(file, text, hardwareProfile);
  const { collector, caps } = parse(text) as { collector?: Record<string, unknown>; caps: Record<string, unknown> };
  const label = own ? file.replace(/^.*\/|\.ya?ml$/g, '') : name;
  return { ...profile, name: label, file, defaults: { ...collector, caps: kept(caps) } };
}

/**
 * Of a profile's caps those that the collector itself keeps; the others are the packaging's. Memory is one of these: how much Node takes by itself
 * is decided by how it is started, and leaving lines out would not make it less.
 */
function kept({ cpu, flashWritesPerDay }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { cpu, ...(flashWritesPerDay === 'none' ? {} : { flashWritesPerDay }) };
}
