import type { LineLevel } from '../../../lib/log-lines/level.ts';

/** RFC 5424 severities, as lines have them. */
export const LEVEL_OF_SEVERITY: readonly LineLevel[] = [
  'fatal',
  'fatal',
  'fatal',
  'error',
  'warning',
  'info',
  'info',
  'debug',
];
