import { parseDuration } from '../../../../lib/promql/literals.ts';
import { FillTrouble } from './trouble.ts';

/** Seconds of a duration as Prometheus writes it, which may be negative. */
export function parsedDuration(text: string): number {
  const negative = text.startsWith('-');
  const size = negative ? text.slice(1) : text;
  if (size === '0') return negative ? -0 : 0;
  if (size === '') throw new FillTrouble('empty duration string');
  try {
    const seconds = parseDuration(size, size, 0);
    return negative ? -seconds : seconds;
  } catch {
    throw new FillTrouble(`not a valid duration string: ${JSON.stringify(size)}`);
  }
}
