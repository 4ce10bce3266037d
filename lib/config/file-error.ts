import { HeliographError } from '../errors.ts';

/**
 * HG_CONFIG_FILE: why a file that a command was given cannot be read.
 * @param option the command's option that names the file: what a wrong path is mended with
 */
export function fileError(file: string, option: string, cause: unknown): HeliographError {
  const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(cause);
  const detail = `${file}: ${reason}; give the path with ${option} FILE`;
  return new HeliographError('HG_CONFIG_FILE', detail, { file }, cause);
}
