import { HeliographError } from '../../../lib/errors.ts';
import type { JournalRecord } from '../../../lib/journal/contract.ts';
import type { Journal } from '../../../lib/journal/journal.ts';
import { DATA_CLASSES } from '../../../proto/class.ts';
import { decodeHeader, type FrameHeader } from '../../../proto/frame.ts';
import type { Host } from '../host.ts';
import { Progress } from '../tail/positions.ts';
import type { BootSpan } from './boots.ts';
import { decodeRecord } from './record.ts';
import { byClass, type SpoolState } from './state.ts';

/** Read in pieces of this size, so that a large backlog costs time at a start and no memory. */
const READ_BYTES = 256 * 1024;

/**
 * What earlier lives left: how far log files are in the spool, and which boots gave which numbers. The state speaks for the records before
 * its positions; those after it are read.
 * A record that cannot be understood is passed over here and given up, with a reason, when its turn to be sent comes.
 * @throws HG_JOURNAL_DISK
 */
export async function scanSpool(
  host: Host,
  journal: Journal,
  readerName: string,
  state: SpoolState | null,
): Promise<{ progress: Progress; spans: BootSpan[] }> {
  const progress = new Progress(state?.tail);
  const spans: BootSpan[] = [];
  for (const span of state?.spans ?? []) {
    spans.push({ boot: span.boot, starts: { ...span.starts }, last: { ...span.last } });
  }
  for (const name of DATA_CLASSES) {
    const reader = journal.reader(name, readerName);
    const end = journal.end(name);
    let position = Math.max(state?.covered[name] ?? 0, journal.start(name));
    while (position < end) {
      const { records, next } = await reader.read(position, READ_BYTES);
      if (records.length === 0) break;
      for (const record of records) {
        const header = look(host, record, progress);
        if (header === null) continue;
        let span = spans.find((known) => known.boot === header.boot);
        if (span === undefined) {
          span = { boot: header.boot, starts: byClass(() => 0), last: byClass(() => 0) };
          span.starts[name] = record.start;
          spans.push(span);
        }
        span.last[name] = Math.max(span.last[name], header.sequence);
      }
      position = next;
    }
  }
  // The counter stands first in a boot's name.
  spans.sort((a, b) => (a.boot < b.boot ? -1 : 1));
  return { progress, spans };
}

function look(host: Host, record: JournalRecord, progress: Progress): FrameHeader | null {
  try {
    const { marks, frame } = decodeRecord(host, record.bytes);
    const header = decodeHeader(frame);
    for (const mark of marks) progress.add(mark);
    return header;
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    host.log('error', 'a record of the spool cannot be understood', { position: record.start, error: error.message });
    return null;
  }
}
