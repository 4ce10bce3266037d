/**
 * The one table of error codes. Each code says what is wrong in words a reader at night understands;
 * docs/errors.md says what it means and how to solve it, and a test holds both against each other.
 * Engine-neutral: no Node types here, the collector's core uses it too.
 */
export const ERRORS = {
  // configuration and command line
  HG_CONFIG_FILE: 'The configuration file cannot be read',
  HG_CONFIG_SYNTAX: 'The configuration file is not valid YAML',
  HG_CONFIG_KEY: 'The configuration has a key that is not known',
  HG_CONFIG_VALUE: 'The configuration has a value that is not allowed',
  HG_PORT_TAKEN: 'The port is taken by another program',
  // certificates
  HG_CERT_FILE: 'A certificate or key file cannot be read',
  HG_CERT_NAME: 'The name cannot stand in a certificate',
  HG_CERT_UNKNOWN: 'No certificate of that name was issued here',
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code of the table, a message for this case, and the facts (path, numbers) that belong to it. */
export class HeliographError extends Error {
  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, detail: string, facts: Record<string, unknown> = {}, cause?: unknown) {
    super(`${code}: ${ERRORS[code]}: ${detail}`, cause === undefined ? undefined : { cause });
    this.name = 'HeliographError';
    this.code = code;
    this.facts = facts;
  }
}
