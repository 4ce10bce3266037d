import { HeliographError } from '../errors.ts';
import { compileGlob } from '../log-lines/name-glob.ts';

/** Begins the URI among a certificate's alternative names by which it grants to speak for others. */
const PREFIX = 'heliograph:speaks-for:';
/** What an instance may be called here, host:port and IPv6 included, and `*` for any characters. */
const PATTERN = /^[A-Za-z0-9._:*[\]-]{1,128}$/;

/**
 * The alternative name that grants to speak for instances of that pattern.
 * @throws HeliographError HG_CERT_NAME
 */
export function grantUri(pattern: string): string {
  if (PATTERN.test(pattern)) return `${PREFIX}${pattern}`;
  throw new HeliographError(
    'HG_CERT_NAME',
    `${JSON.stringify(pattern)}: an instance to speak for has letters, digits, ".", "_", "-", ":", "[", "]" and "*" for any characters, at most 128`,
    { pattern },
  );
}

/**
 * The patterns that a certificate grants.
 * @param alternativeNames as Node writes them: `DNS:a, URI:b`
 */
export function grantsOf(alternativeNames: string | undefined): readonly string[] {
  if (alternativeNames === undefined) return [];
  const patterns: string[] = [];
  for (const name of alternativeNames.split(', ')) {
    if (!name.startsWith(`URI:${PREFIX}`)) continue;
    const pattern = name.slice(4 + PREFIX.length);
    if (PATTERN.test(pattern)) patterns.push(pattern);
  }
  return patterns;
}

/** A test for instances; without patterns nothing passes. */
export function speaksFor(patterns: readonly string[]): (instance: string) => boolean {
  const tests = patterns.map(compileGlob);
  return (instance) => tests.some((test) => test(instance));
}
