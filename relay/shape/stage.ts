import type { JournalRecord } from '../../lib/journal/contract.ts';
import type { FrameRecord } from '../record.ts';

/** Items of a frame that do not go on, by the reason that the ledger has. */
export type Losses = Readonly<Record<string, number>>;

/** Of a frame that goes on as it came: this very object. */
export const NOTHING_LOST: Losses = Object.freeze({});

/** A frame as it goes on: under its number, be there nothing left in it, so that no sequence is missing at the core. */
export interface Shaped {
  readonly record: FrameRecord;
  /** Items in it. */
  readonly sent: number;
  /** With `sent`, all that came. */
  readonly lost: Losses;
}

/** What changes the frames of a class between the journal, which keeps them as they came, and the block. */
export interface FrameStage {
  /** False: every frame goes on as it is, and nobody is asked. */
  readonly active: boolean;
  /**
   * The frames as they go on, null for one that goes on as it is. All definitions that they name are durable then.
   * @param frames what the records hold; null: undecodable
   * @throws HeliographError HG_JOURNAL_* when the disk does not take a definition now: the caller comes again
   */
  shape(
    records: readonly JournalRecord[],
    frames: readonly (FrameRecord | null)[],
  ): Promise<readonly (Shaped | null)[]>;
  /** One of these is really on its way: it was no repeat. */
  count(shaped: Shaped): void;
}
