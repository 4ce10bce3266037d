import type { LineBody } from '../../lib/doors/line-intake.ts';
import type { Journal } from '../../lib/journal/journal.ts';
import { addAmount } from '../../lib/ledger.ts';
import type { DataClass } from '../../proto/class.ts';
import { encodeFrame } from '../../proto/frame.ts';
import type { Boot } from '../../proto/hash.ts';
import { hostKey } from '../host-account.ts';
import { encodeRecord } from '../record.ts';
import type { Sequences } from '../sequences.ts';

export interface LineFramesParts {
  readonly journal: Journal;
  readonly sequences: Readonly<Record<DataClass, Sequences>>;
  /** A boot that was never used. */
  readonly boot: () => Boot;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** A frame's, and how many lines are in it. */
export interface FrameName {
  readonly class: DataClass;
  readonly host: string;
  readonly lines: number;
  readonly boot: Boot;
  readonly sequence: number;
}

/** Hosts whose frames are numbered; more and a new boot begins. */
const NUMBERED = 50_000;

/** Lines of doors on their way into the journal: frames under the hosts that the lines are of. */
export class LineFrames {
  readonly #parts: LineFramesParts;
  #boot: Boot;
  readonly #numbers = new Map<string, number>();

  constructor(parts: LineFramesParts) {
    this.#parts = parts;
    this.#boot = parts.boot();
  }

  /** Names that no other frames have. */
  names(bodies: readonly LineBody[]): FrameName[] {
    return bodies.map(({ host, class: dataClass, lines }) => {
      return { class: dataClass, host, lines, ...this.#number(host, dataClass) };
    });
  }

  /**
   * Resolves when all of them are in the journal.
   * @param names of the bodies, one by one; those that are in the journal already are not written again
   * @throws HeliographError HG_JOURNAL_*, when each of them has come to an end; some may be kept
   */
  async write(bodies: readonly LineBody[], names: readonly FrameName[] = this.names(bodies)): Promise<void> {
    const results = await Promise.allSettled(bodies.map((body, i) => this.#append(body, names[i]!)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #append({ host, class: dataClass, lines, body }: LineBody, { boot, sequence }: FrameName): Promise<void> {
    const { journal, now } = this.#parts;
    if (this.#parts.sequences[dataClass].find(host, boot)?.received.has(sequence)) return;
    const created = now();
    // No number is given twice, and several are under way at once: with this floor none that failed is looked for.
    const header = { class: dataClass, boot, sequence, floor: 1, created, count: lines, previous: null } as const;
    const frame = encodeFrame({ ...header, kind: 'logs' }, body);
    const bytes = encodeRecord({ host, received: created, skew: 0, boot, sequence, definitions: [], frame });
    await journal.appendDurably(dataClass, { bytes, items: lines, key: hostKey(host) });
    const sequences = this.#parts.sequences[dataClass];
    const state = sequences.of(host, boot);
    state.received.add(sequence);
    state.touched = sequences.now();
    addAmount(state.account.in, { frames: 1, items: lines });
  }

  #number(host: string, dataClass: DataClass): Pick<FrameName, 'boot' | 'sequence'> {
    const name = `${dataClass} ${host}`;
    if (!this.#numbers.has(name) && this.#numbers.size >= NUMBERED) {
      this.#numbers.clear();
      this.#boot = this.#parts.boot();
    }
    const sequence = (this.#numbers.get(name) ?? 0) + 1;
    this.#numbers.set(name, sequence);
    return { boot: this.#boot, sequence };
  }
}
