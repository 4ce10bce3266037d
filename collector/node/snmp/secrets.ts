import { readFileSync } from 'node:fs';
import { HeliographError } from '../../../lib/errors.ts';
import type { CredentialsConfig } from './credentials-schema.ts';
import type { Credentials } from './device.ts';

/** A secret is a word, and not a file that somebody named by mistake. */
const MOST_BYTES = 4096;
/** RFC 3414, 11.2. */
const LEAST_PASSWORD = 8;

/** Credentials with their secrets read from the files that they name. @throws HG_SNMP_SECRET */
export function readCredentials(config: CredentialsConfig): Credentials {
  const { version, community, communityFile, user, auth, privacy, context } = config;
  if (version === '2c') return { version, community: community ?? firstLine(communityFile!) };
  const withPassword = <T extends string>(
    part: { protocol: T; password?: string | undefined; passwordFile?: string | undefined } | undefined,
  ) =>
    part === undefined ? null : { protocol: part.protocol, password: part.password ?? password(part.passwordFile!) };
  return { version, user: user!, auth: withPassword(auth), privacy: withPassword(privacy), context };
}

/** Files that the secrets are in. */
export function secretFiles(all: Iterable<CredentialsConfig>): string[] {
  return [...all].flatMap(({ communityFile, auth, privacy }) =>
    [communityFile, auth?.passwordFile, privacy?.passwordFile].filter((file) => file !== undefined),
  );
}

function password(file: string): string {
  const secret = firstLine(file);
  if (secret.length >= LEAST_PASSWORD) return secret;
  throw new HeliographError('HG_SNMP_SECRET', `${file}: a password has at least ${LEAST_PASSWORD} characters`, {
    file,
  });
}

function firstLine(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new HeliographError(
      'HG_SNMP_SECRET',
      `${file}: ${why}; name a file that the collector's user may read`,
      { file },
      cause,
    );
  }
  const line = bytes.length > MOST_BYTES ? '' : (bytes.toString('utf8').split(/\r?\n/)[0] ?? '');
  if (line === '')
    throw new HeliographError('HG_SNMP_SECRET', `${file}: its first line is to be the secret, and nothing else`, {
      file,
    });
  return line;
}
