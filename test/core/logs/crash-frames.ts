import type { LogFrame } from '../../../core/ports/frames.ts';
import { logFrame, logLine } from '../../contracts/log-frames.ts';

export const NOW = Date.parse('2026-03-01T12:34:00Z');

/** Seven lines in three hours, each naming its frame. */
export function crashFrame(sequence: number): LogFrame {
  const lines = Array.from({ length: 7 }, (_, i) =>
    logLine(NOW - (i % 3) * 3_600_000 - sequence, `frame f${sequence} line ${i}`),
  );
  return logFrame('h1', sequence, lines);
}
