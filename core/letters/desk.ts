import type { Letter, LetterFilter, LetterGroup, LetterPlace, LetterRow } from './list.ts';
import type { LetterOffice, Purged, Replayed } from './office.ts';

/** A letter as people see it, and which process it lies at. */
export interface LetterView extends Letter {
  /** Whether its bytes were kept. */
  readonly kept: boolean;
  /** The `name` of the process that set it aside. */
  readonly process: string;
}

/** A letter with what is kept of it. */
export interface LetterShown extends LetterView {
  readonly relay: string | null;
  readonly site: string | null;
  readonly received: number | null;
  readonly line: object | null;
  /** The bytes in base64; null when they were not kept. */
  readonly data: string | null;
}

/** A process whose letters are not among the answer, and why. */
export interface Away {
  /** Its name; its address where it never said one. */
  readonly process: string;
  readonly why: string;
}

export interface LetterQuestion {
  readonly filter: LetterFilter;
  readonly order: 'newest' | 'oldest';
  readonly limit: number;
  readonly after: LetterPlace | null;
}

export interface LettersFound {
  /** At most `limit`; a few more where several processes have some of the very same place. */
  readonly letters: readonly LetterView[];
  /** There are more behind the last. */
  readonly more: boolean;
  /** All that fit, by sort. */
  readonly groups: readonly LetterGroup[];
  readonly bytes: number;
  readonly maxBytes: number;
  readonly away: readonly Away[];
}

/** Where a replay goes on: at which process, and where there. */
export interface ReplayPlace {
  /** A peer's address; empty: the process that is asked. */
  readonly at: string;
  readonly place: LetterPlace | null;
}

export interface ReplayStep extends Omit<Replayed, 'next' | 'failed'> {
  readonly failed: readonly (Replayed['failed'][number] & { readonly process: string })[];
  readonly next: ReplayPlace | null;
  readonly away: readonly Away[];
}

export interface PurgeStep extends Purged {
  readonly away: readonly Away[];
}

/** Dead letters for whoever asks: of this process, or of all processes of a split core. */
export interface LetterDesk {
  find(question: LetterQuestion): Promise<LettersFound>;
  /** Null: it is at none of those that were asked; `away` says who was not. */
  show(id: string): Promise<{ readonly letter: LetterShown | null; readonly away: readonly Away[] }>;
  replay(filter: LetterFilter, limit: number, from: ReplayPlace | null): Promise<ReplayStep>;
  purge(filter: LetterFilter, dryRun: boolean): Promise<PurgeStep>;
}

/** The letters of this process. */
export class OwnDesk implements LetterDesk {
  readonly #office: LetterOffice;
  readonly #process: string;

  constructor(office: LetterOffice, process: string) {
    this.#office = office;
    this.#process = process;
  }

  async find({ filter, order, limit, after }: LetterQuestion): Promise<LettersFound> {
    const { list, budget } = this.#office;
    const found = list.find(filter, order, limit + 1, after);
    return {
      letters: found.slice(0, limit).map((row) => this.#view(row)),
      more: found.length > limit,
      groups: list.groups(filter),
      bytes: budget.used,
      maxBytes: budget.maxBytes,
      away: [],
    };
  }

  async show(id: string): ReturnType<LetterDesk['show']> {
    const row = this.#office.list.get(id);
    if (row === null) return { letter: null, away: [] };
    const kept = await this.#office.read(row);
    const way = kept === null ? null : 'frame' in kept ? kept.frame : kept.line;
    const line = kept !== null && 'line' in kept ? kept.line.line : null;
    const bytes = kept === null ? null : 'frame' in kept ? kept.frame.frame : Buffer.from(JSON.stringify(line));
    const letter = {
      ...this.#view(row),
      relay: way?.relay ?? null,
      site: way?.site ?? null,
      received: way?.received ?? null,
      line,
      data: bytes === null ? null : Buffer.from(bytes).toString('base64'),
    };
    return { letter, away: [] };
  }

  async replay(filter: LetterFilter, limit: number, from: ReplayPlace | null): Promise<ReplayStep> {
    const { next, failed, ...step } = await this.#office.replay(filter, limit, from?.place ?? null);
    return {
      ...step,
      failed: failed.map((one) => ({ ...one, process: this.#process })),
      next: next === null ? null : { at: '', place: next },
      away: [],
    };
  }

  async purge(filter: LetterFilter, dryRun: boolean): Promise<PurgeStep> {
    return { ...(await this.#office.purge(filter, dryRun)), away: [] };
  }

  /** Without what only leads to the bytes. */
  #view({ object, ...letter }: LetterRow): LetterView {
    return { ...letter, kept: object !== null, process: this.#process };
  }
}
