import { HeliographError } from '../../lib/errors.ts';

/** An error of evaluation: the text is right, the data does not fit it. */
export function executionError(detail: string): HeliographError {
  return new HeliographError('HG_QUERY_EXECUTION', detail);
}
