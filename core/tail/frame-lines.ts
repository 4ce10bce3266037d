import { storedLine } from '../logs/stored-line.ts';
import { type LogFrame, placeOf } from '../ports/frames.ts';
import type { StoredLine } from '../ports/log-store.ts';

/** The lines of a frame as a search would give them. */
export function frameLines(frame: LogFrame): StoredLine[] {
  const { host, boot, class: dataClass, sequence } = frame.id;
  const line = { host, boot, class: dataClass, sequence, instance: frame.instance, site: frame.site };
  return frame.lines.map((one, at) => storedLine({ ...one, frame: line, line: placeOf(frame, at) }));
}
