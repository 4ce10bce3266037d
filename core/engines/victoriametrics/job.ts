import type { ResolvedPage } from '../../ports/frames.ts';
import type { GroupRows } from './encode.ts';

/** Rows of a frame. */
export interface FrameRows extends GroupRows {
  /** The place of these rows in their frame. */
  readonly source: number;
  readonly page: ResolvedPage;
  readonly frame: RefusedSamples;
}

interface RefusedColumn {
  readonly page: ResolvedPage;
  readonly column: number;
  readonly reason: string;
}

const NOTHING: readonly RefusedColumn[] = [];

/** What the engine would not take of a frame, sample by sample, wherever it was offered. */
export class RefusedSamples {
  /** Made when something is refused: nearly never. */
  #columns: Map<FrameRows, Set<number>> | null = null;
  #series: RefusedColumn[] | null = null;
  samples = 0;

  get series(): readonly RefusedColumn[] {
    return this.#series ?? NOTHING;
  }

  /** A column of some rows, refused by one of the addresses. */
  refuse(rows: FrameRows, column: number, reason: string): void {
    const { page, times, mask } = rows;
    this.#columns ??= new Map();
    const columns = this.#columns.get(rows) ?? new Set();
    this.#columns.set(rows, columns);
    if (columns.has(column)) return;
    columns.add(column);
    if (mask === null) this.samples += times.length;
    else for (let at = column; at < mask.length; at += page.series.length) this.samples += mask[at]!;
    this.#series ??= [];
    this.#series.push({ page, column, reason });
  }
}

/** A write under way, whose rows go to one address or to several. */
export class Job {
  readonly #onAccepted: () => void;
  readonly #done = Promise.withResolvers<void>();
  #unaccepted: number;
  #open: number;

  /** @param addresses how many have to take it */
  constructor(addresses: number, onAccepted: () => void) {
    this.#unaccepted = addresses;
    this.#open = addresses;
    this.#onAccepted = onAccepted;
    if (addresses === 0) this.#done.resolve();
    // Whoever waits hears of it; a job that failed at two addresses must not end the process.
    this.#done.promise.catch(() => undefined);
  }

  /** Resolves when every address has it on disk. */
  get durable(): Promise<void> {
    return this.#done.promise;
  }

  accepted(): void {
    if (--this.#unaccepted === 0) this.#onAccepted();
  }

  settled(): void {
    if (--this.#open === 0) this.#done.resolve();
  }

  fail(error: Error): void {
    this.#done.reject(error);
  }
}

/** What one address gets of a job. */
export class Piece {
  /** Empty once all of it was answered for: what is sent again is sent as it was. */
  rows: readonly FrameRows[];
  readonly samples: number;
  /** Frames that are remembered until it is durable. */
  readonly frames: number;
  readonly job: Job;
  /** Requests it stands in that are not known to be durable; one is the sending itself. */
  #open = 1;

  constructor(rows: readonly FrameRows[], samples: number, frames: number, job: Job) {
    this.rows = rows;
    this.samples = samples;
    this.frames = frames;
    this.job = job;
  }

  begin(): void {
    this.#open++;
  }

  end(): void {
    if (--this.#open === 0) this.job.settled();
  }

  /** All of it was answered for. */
  accepted(): void {
    this.rows = [];
    this.job.accepted();
    this.end();
  }
}
