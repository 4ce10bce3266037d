import { HeliographError } from '../../../lib/errors.ts';

/** Why the catalogue cannot be used, with the fix; what is wrong inside it says so itself. */
export function catalogueError(file: string, cause: unknown): HeliographError {
  if (cause instanceof HeliographError) return cause;
  return new HeliographError(
    'HG_PIPELINE_FILE',
    `${file}: ${reason(cause)}; write the file, or take indexer.catalogue out of the configuration`,
    { file },
    cause,
  );
}

/** The same for the GeoIP database. */
export function databaseError(file: string, cause: unknown): HeliographError {
  return new HeliographError(
    'HG_PIPELINE_FILE',
    `${file}: ${reason(cause)}; put a MaxMind database (.mmdb) there, or take indexer.geoip out of the configuration`,
    { file },
    cause,
  );
}

function reason(cause: unknown): string {
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return 'there is no such file';
  return cause instanceof Error ? cause.message : String(cause);
}
