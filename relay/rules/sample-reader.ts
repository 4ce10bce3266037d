import type { Clock } from '../../lib/clock.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { JournalReader, JournalRecord } from '../../lib/journal/contract.ts';
import type { Journal } from '../../lib/journal/journal.ts';
import type { Logger } from '../../lib/log.ts';
import { openFrame } from '../../proto/frame.ts';
import type { DecodedDefinitions } from '../decoded-definitions.ts';
import { knownHex } from '../known-texts.ts';
import { decodeRecord } from '../record.ts';
import type { RolledPage, RolledSection } from '../rollup/engine.ts';
import { FrameSections } from '../rollup/frame-sections.ts';
import { RULES_READER } from '../sequence-memory.ts';

/** Of the journal at once: some ms of work. */
const READ_BYTES = 128 * 1024;

/** Who wants samples for rules. */
export interface SampleTaker {
  wants(page: RolledPage): boolean;
  /** @param now ms since the epoch */
  take(host: string, section: RolledSection, now: number): void;
  /** Everything up to `position` was given. @returns up to where the journal may let go; where it is not said: there */
  read?(position: number): number;
}

/** Reads metric frames out of the journal, whether there is a core or not, for rules. Repeats do no harm: an instant is one sample. */
export class SampleReader {
  readonly counts = { taken: 0, undecodable: 0, no_definition: 0 };
  readonly #journal: Journal;
  readonly #reader: JournalReader;
  readonly #sections: FrameSections;
  readonly #samples: SampleTaker;
  readonly #relay: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  #position: number;

  /** @param parts `relay`: its own frames are no samples of a host */
  constructor(parts: {
    journal: Journal;
    definitions: DecodedDefinitions;
    samples: SampleTaker;
    relay: string;
    clock: Clock;
    log: Logger;
  }) {
    this.#journal = parts.journal;
    this.#samples = parts.samples;
    this.#relay = parts.relay;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#reader = parts.journal.reader('metric', RULES_READER);
    this.#position = this.#reader.floor();
    this.#sections = new FrameSections({
      definitions: parts.definitions,
      wants: (page) => parts.samples.wants(page),
      missing: () => this.counts.no_definition++,
    });
  }

  /** Bytes of the journal that are not read yet. */
  get behind(): number {
    return this.#journal.end('metric') - this.#position;
  }

  /** @returns whether something was read: there may be more */
  async step(): Promise<boolean> {
    const { records, next } = await this.#reader.read(this.#position, READ_BYTES, true);
    for (const record of records) {
      const waits = this.#take(record);
      if (waits) await waits;
    }
    this.#position = next;
    const floor = this.#reader.floor();
    // What is in memory is gone with a crash, and reading it again would not say more of what is now.
    const end = this.#samples.read?.(next) ?? next;
    if (end > floor) this.#reader.acknowledge({ start: floor, end, items: 0 }, 'out');
    return records.length > 0;
  }

  #take(record: JournalRecord): Promise<void> | null {
    const read = decodeRecord(record.bytes);
    if (!read || read.host === this.#relay) return null;
    const failed = (error: unknown) => this.#failed(read.host, error);
    try {
      const { header, sections } = openFrame(read.frame, knownHex);
      if (header.kind !== 'metrics') return null;
      this.counts.taken++;
      const waits = this.#sections.each(read.host, sections, (section) =>
        this.#samples.take(read.host, section, this.#clock.now()),
      );
      return waits?.catch(failed) ?? null;
    } catch (error) {
      failed(error);
      return null;
    }
  }

  /** The core will refuse such a frame, too. What our own disk refuses says nothing of the frame. */
  #failed(host: string, error: unknown): void {
    if (!(error instanceof HeliographError) || error.code.startsWith('HG_JOURNAL_')) throw error;
    this.counts.undecodable++;
    this.#log.debug('a frame cannot be read for rules', { host, code: error.code });
  }
}
