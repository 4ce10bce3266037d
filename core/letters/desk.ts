import type { Letter, LetterFilter, LetterGroup, LetterPlace, LetterRow } from './list.ts';
import type { KeptLetter, LetterOffice, Purged, Replayed } from './office.ts';

/** A letter as people see it, and which process it lies at. */
export interface LetterView extends Letter {
  /** Whether its bytes were kept. */
  readonly kept: boolean;
  /** The `name` of the process that set it aside. */
  readonly process: string;
}

export interface RefusedOne {
  readonly labels: Readonly<Record<string, string>>;
  readonly why: string;
  readonly samples: number;
}

/** A letter with what is kept of it. */
export interface LetterShown extends LetterView {
  readonly relay: string | null;
  readonly site: string | null;
  readonly received: number | null;
  readonly line: object | null;
  /** Of refused series: each with its labels, the store's words, and how many samples it had. */
  readonly refused: readonly RefusedOne[] | null;
  /** The bytes in base64; null when they were not kept. */
  readonly data: string | null;
}

/** A process whose letters are not among the answer, and why. */
export interface Away {
  /** Its name; its address where it never said one. */
  readonly process: string;
  readonly why: string;
  /** It was asked to replay or to purge, and what it did is not known. */
  readonly unknown?: true | undefined;
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
    const letter = { ...this.#view(row), ...contentsOf(kept) };
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

type Contents = Pick<LetterShown, 'relay' | 'site' | 'received' | 'line' | 'refused' | 'data'>;

function contentsOf(kept: KeptLetter | null): Contents {
  const data = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const json = (value: object) => data(Buffer.from(JSON.stringify(value)));
  if (kept === null) return { relay: null, site: null, received: null, line: null, refused: null, data: null };
  if ('frame' in kept) {
    const { relay, site, received, frame } = kept.frame;
    return { relay, site, received, line: null, refused: null, data: data(frame) };
  }
  if ('line' in kept) {
    const { relay, site, received, line } = kept.line;
    return { relay, site, received, line, refused: null, data: json(line) };
  }
  const { relay, received, series } = kept.series;
  const refused = series.map(({ labels, why, samples }) => ({
    labels: labelsOf(labels),
    why,
    samples: samples.length,
  }));
  return { relay, site: null, received, line: null, refused, data: json(series) };
}

/** Name, value, name, value ... as an object without a prototype: a label may have any name. */
function labelsOf(flat: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let i = 0; i < flat.length; i += 2) labels[flat[i]!] = flat[i + 1]!;
  return labels;
}
