import { HeliographError } from '../../lib/errors.ts';
import type { DataClass } from '../../proto/class.ts';
import type { StoredLine } from '../ports/log-store.ts';
import type { BlockLine } from './block.ts';

/**
 * Where a page ended: the last line's place in the order of all lines. The next page begins behind it, whatever was
 * written meanwhile, so no line comes twice and none that was there is left out.
 */
export function encodeCursor(line: BlockLine): string {
  const { host, boot, class: dataClass, sequence } = line.frame;
  return Buffer.from(JSON.stringify([line.time, host, boot, dataClass, sequence, line.line])).toString('base64url');
}

/** The place as a line, to compare with. Throws HG_LOG_QUERY. */
export function decodeCursor(cursor: string): BlockLine {
  try {
    const [time, host, boot, dataClass, sequence, line] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [
      number,
      string,
      string,
      DataClass,
      number,
      number,
    ];
    if (!Number.isFinite(time) || !Number.isFinite(sequence) || !Number.isFinite(line)) throw new TypeError('no place');
    if (typeof host !== 'string' || typeof boot !== 'string') throw new TypeError('no frame');
    const frame = { host, boot, class: dataClass, sequence, instance: '', site: '' };
    return { time, message: '', level: '', service: '', fields: {}, frame, line };
  } catch (cause) {
    throw new HeliographError('HG_LOG_QUERY', 'the cursor is not one that a search gave out', { cursor }, cause);
  }
}

/** The place of a line that a search gave out. Throws HG_LOG_QUERY. */
export function placeOf({ id, '@timestamp': timestamp }: Pick<StoredLine, 'id' | '@timestamp'>): BlockLine {
  const [host, boot, dataClass, sequence, line] = id.split('/');
  // Three digits behind the milliseconds are microseconds, which a Date does not have.
  const micros = /\.\d{3}(\d{3})Z$/.exec(timestamp)?.[1] ?? '0';
  const time = (Date.parse(timestamp) * 1_000 + Number(micros)) / 1_000;
  if (!Number.isFinite(time) || !/^\d+$/.test(sequence ?? '') || !/^\d+$/.test(line ?? '')) {
    throw new HeliographError(
      'HG_LOG_QUERY',
      `${JSON.stringify(`${id} ${timestamp}`)} is not a line that a search gave out`,
    );
  }
  const frame = {
    host: host!,
    boot: boot!,
    class: dataClass as DataClass,
    sequence: Number(sequence),
    instance: '',
    site: '',
  };
  return { time, message: '', level: '', service: '', fields: {}, frame, line: Number(line) };
}
