import type { Away } from '../../../core/letters/desk.ts';
import { remark } from '../../terminal/output.ts';
import { many, printable } from '../../terminal/text.ts';

/** What a dead letter is and what each reason asks for: stands in the help of every command about them. */
export const ABOUT = `
A dead letter is a frame that could not be read (its host's other frames go on), a line that the log store refused, or series that the metric store refused. Its bytes
are kept, up to limits.deadLetterBytes and retention.deadLetters. Where the roles of a core are split, its console knows those of all processes. REASON is the ledger's word or a code:
  undecodable         the bytes are not what they should be: look at them, report them, purge them
  damaged_on_bus      a batch of Kafka that cannot be unpacked: the message has topic, partition and offsets; look at the broker's disk
  unknown_definition  the frame came without the dictionary that it names: replay asks its relay for it
  refused_by_store    the log store would not have the line, or the metric store the series of a frame: mend the cause (a mapping, a limit),
                      then replay`;

/** Of series a letter is all that were refused of one frame. */
export function lettersOf(count: number, kind: string): string {
  return kind === 'series' ? `${many(count, 'frame')} with refused series` : many(count, kind);
}

/** A split core: whose letters are not among those. */
export function sayAway(away: readonly Away[]): void {
  for (const { process, why, unknown } of away) {
    if (unknown) remark(`what ${printable(process)} did is not known: ${printable(why)}`);
    else remark(`${printable(process)} could not be asked, its dead letters are not among these: ${printable(why)}`);
  }
}
