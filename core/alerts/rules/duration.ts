import { z } from 'zod';
import { parseDuration } from '../../../lib/promql/literals.ts';

/** Milliseconds of a duration as Prometheus writes it (`1h30m`, `1w`, `0`); null if it is none. */
export function ruleDurationMs(text: string): number | null {
  if (text === '0') return 0;
  try {
    return text === '' ? null : Math.round(parseDuration(text, text, 0) * 1000);
  } catch {
    // Whoever asks says what may stand there.
    return null;
  }
}

/** A schema for such a duration, which stays text: a schema that makes a value of it would keep checks of the whole from being made. */
export const ruleDuration = () =>
  z
    .string()
    .refine(
      (text) => ruleDurationMs(text) !== null,
      'write a duration such as 30s, 5m, 1h30m or 1d, the larger unit first',
    );
