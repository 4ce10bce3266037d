/** What a doctor found at one place. */
export interface Check {
  /** What was looked at: `certificate`, `relay 10.0.0.7:8883`. */
  readonly what: string;
  readonly level: 'ok' | 'warn' | 'FAIL';
  /** What was seen, with its numbers. */
  readonly found: string;
  /** What to do about it; empty where it is well. */
  readonly fix: string;
}

export function ok(what: string, found: string): Check {
  return { what, level: 'ok', found, fix: '' };
}

export function warn(what: string, found: string, fix: string): Check {
  return { what, level: 'warn', found, fix };
}

export function fail(what: string, found: string, fix: string): Check {
  return { what, level: 'FAIL', found, fix };
}

/** An error of the system in words: `permission denied (EACCES)`. */
export function systemReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    ENOENT: 'it does not exist',
    ENOTDIR: 'a part of the path is not a folder',
    EROFS: 'the file system is mounted read-only',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the quota is used up',
    EIO: 'the disk answers with an error',
  };
  return code && Object.hasOwn(words, code) ? `${words[code]} (${code})` : (message ?? String(error));
}
