import { HeliographError } from '../../lib/errors.ts';
import type { BlockEntry } from '../../proto/block.ts';
import type { DataClass } from '../../proto/class.ts';
import type { FrameHeader } from '../../proto/frame.ts';
import type { EncodedSection } from '../../proto/metrics-body.ts';
import type { DeadLetter } from '../ledger/dead-letters.ts';
import type { FrameId } from '../ports/frames.ts';
import type { Lane } from './lanes.ts';

/** Where a block came from and how. */
export interface BlockOrigin {
  readonly relay: string;
  readonly site: string;
  readonly class: DataClass;
  readonly lane: Lane;
  /** When it came, ms; missing where its frames are taken anew. */
  readonly came?: number;
  /** From this `received` on the relay has checked whom its hosts speak for, ms; missing: it does not say that it does. */
  readonly grantsSince?: number;
}

/** A frame of a block whose header has been read. */
export interface Opened {
  readonly entry: BlockEntry;
  readonly header: FrameHeader;
  readonly definitions: readonly string[];
  /** Of metrics. */
  readonly sections: readonly EncodedSection[];
}

/**
 * Metrics carry metrics, or a relay's sketches of them; alerts carry events, the rest lines; and each may carry declared drops of its own class.
 * @throws HeliographError HG_CORE_FRAME
 */
export function checkKind(dataClass: DataClass, header: FrameHeader): void {
  if (header.class !== dataClass) {
    throw new HeliographError('HG_CORE_FRAME', `a frame of class ${header.class} in a block of class ${dataClass}`);
  }
  const wanted = dataClass === 'metric' ? 'metrics' : dataClass === 'alert' ? 'events' : 'logs';
  const sketches = dataClass === 'metric' && header.kind === 'sketches';
  if (header.kind !== wanted && header.kind !== 'gap' && !sketches) {
    throw new HeliographError('HG_CORE_FRAME', `${header.kind} in a frame of class ${dataClass}`);
  }
}

/** A frame that trips a fault of ours goes the same way as one that cannot be read: kept, counted, and not in the way of the others. */
export function asFault(error: unknown): HeliographError {
  return error instanceof HeliographError ? error : new HeliographError('HG_CORE_FAULT', String(error), {}, error);
}

export function idOf(host: string, header: FrameHeader): FrameId {
  return { host, boot: header.boot, class: header.class, sequence: header.sequence };
}

/** What is kept of a frame that cannot be taken. @param header null: it could not be read either */
export function letterOf(
  origin: BlockOrigin,
  entry: BlockEntry,
  header: FrameHeader | null,
  reason: string,
  error: unknown,
): DeadLetter {
  const typed = asFault(error);
  return {
    class: origin.class,
    host: entry.host,
    relay: origin.relay,
    site: origin.site,
    received: entry.received,
    skew: entry.skew,
    lane: origin.lane,
    ...(origin.grantsSince === undefined ? {} : { grantsSince: origin.grantsSince }),
    id: header ? idOf(entry.host, header) : null,
    items: header?.count ?? 0,
    reason,
    code: typed.code,
    message: typed.message,
    frame: entry.frame,
  };
}

/** True for what a disk of ours refused: it says nothing of the frame, and the block must come again instead. */
export function isOurs(error: unknown): boolean {
  return error instanceof HeliographError && (error.code === 'HG_STORE_DISK' || error.code === 'HG_STORE_DAMAGED');
}
