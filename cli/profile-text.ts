import type { LoadedProfile } from '../collector/node/profile/load.ts';
import { bytesText } from './terminal/text.ts';

/** A profile in lines for a person. @param defaults of the configuration, as they stand in its file */
export function profileText(
  profile: Omit<LoadedProfile, 'collector' | 'defaults'>,
  defaults: LoadedProfile['defaults'],
): string[] {
  const { caps, packaging } = profile;
  const flash = caps.flashWritesPerDay;
  return [
    `${profile.name}: ${profile.description}  (${profile.file})`,
    `  caps       ${bytesText(caps.memory)} of memory, ${caps.cpu} of a core, ${bytesText(caps.disk)} on disk, ${caps.openFiles} open files`,
    `  flash      ${flash === 'none' ? 'no cap on what is written' : `${bytesText(flash)} written a day`}`,
    `  packages   ${packaging.formats.join(', ')} for ${profile.architectures.join(', ')}; ${packaging.init}; Node ${packaging.node === 'bundled' ? 'comes with it' : "is the device's own"}`,
    '  defaults of the configuration:',
    ...Object.entries(defaults).map(([key, value]) => `    ${key}: ${plain(value)}`),
  ];
}

/** As one would write it in YAML's short form. */
function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${key}: ${plain(inner)}`)
      .join(', ')} }`;
  }
  return String(value);
}
