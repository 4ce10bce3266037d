import { type LoadedProfile, loadProfile } from '../../collector/node/profile/load.ts';
import type { Architecture } from '../../collector/node/profile/schema.ts';
import { HeliographError } from '../../lib/errors.ts';

export type Format = LoadedProfile['packaging']['formats'][number];

/** What a user asks for. */
export interface PackOptions {
  readonly profile: string;
  readonly format?: Format | undefined;
  readonly arch?: Architecture | undefined;
  /** Of the package: 1.2.3. */
  readonly release: string;
  readonly relays: readonly string[];
  readonly maintainer?: string | undefined;
}

/** A package that can be made: all of it settled. */
export interface Request {
  readonly profile: LoadedProfile;
  readonly format: Format;
  readonly arch: Architecture;
  readonly release: string;
  readonly relays: readonly string[];
  /** Name and address, as Debian wants it. */
  readonly maintainer: string;
}

/** As Debian's policy 5.6.12 has a version without epoch and revision, and a little narrower: it stands in names of files. */
const RELEASE = /^\d[\d.]*(?:[+~][A-Za-z0-9.]+)*$/;

/**
 * Settles what is left open.
 * @throws HeliographError HG_PROFILE_UNKNOWN, HG_CONFIG_*, HG_PACK_REQUEST
 */
export function settle(options: PackOptions, machine: string = process.arch): Request {
  const profile = loadProfile(options.profile);
  const { formats } = profile.packaging;
  const format = options.format ?? formats[0]!;
  if (!formats.includes(format)) {
    throw refused(`there is no ${format} for ${profile.name}; its formats: ${formats.join(', ')}`);
  }
  const ours: Architecture = machine === 'arm64' ? 'arm64' : 'x86_64';
  const arch = options.arch ?? (profile.architectures.includes(ours) ? ours : profile.architectures[0]!);
  if (!profile.architectures.includes(arch)) {
    throw refused(`${profile.name} is not made for ${arch}; it is for ${profile.architectures.join(', ')}`);
  }
  if (!RELEASE.test(options.release))
    throw refused(`"${options.release}" is no release; write one such as 1.2.3 or 1.2.3~rc1`);
  const maintainer = options.maintainer ?? 'Heliograph <root@localhost>';
  if (!/^[^<>\n]+ <[^<>@\s]+@[^<>@\s]+>$/.test(maintainer))
    throw refused(`"${maintainer}" is no maintainer; write one such as Ops <ops@example.org>`);
  return { profile, format, arch, release: options.release, relays: options.relays, maintainer };
}

function refused(why: string): HeliographError {
  return new HeliographError('HG_PACK_REQUEST', why);
}
