import { HeliographError } from '../errors.ts';

export type CertificateRole = 'collector' | 'relay' | 'core';

/**
 * A host's name stands in topics, labels and file names, so it is kept plain: letters, digits, `.`, `_`, `-`, at most 128.
 * @throws HeliographError HG_CERT_NAME
 */
export function checkName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name) && name !== 'ca') return name;
  throw new HeliographError(
    'HG_CERT_NAME',
    `${JSON.stringify(name)}: use letters, digits, ".", "_" and "-", at most 128, starting with a letter or digit, and not "ca"`,
    { name },
  );
}
