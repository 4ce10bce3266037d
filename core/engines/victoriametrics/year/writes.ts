import { AGGREGATES } from './window.ts';
import type { SeriesWindows, Written } from './write.ts';

/** Windows of all series of a write: its work is done in one go. */
const BATCH_WINDOWS = 1_000;
/** Writes that the engine has not answered yet. */
const MOST_UNANSWERED = 8;

/** The writes of one span: so many under way at once, and all of them durable before the span is done. */
export class Writes {
  readonly #write: (batch: readonly SeriesWindows[]) => Promise<Written>;
  readonly #unanswered = new Set<Promise<void>>();
  readonly #unsafe = new Set<Promise<void>>();
  #batch: SeriesWindows[] = [];
  #windows = 0;
  #failure: unknown = null;
  series = 0;
  samples = 0;

  constructor(write: (batch: readonly SeriesWindows[]) => Promise<Written>) {
    this.#write = write;
  }

  /** @throws what a write before it ran into */
  async add(series: SeriesWindows): Promise<void> {
    this.#batch.push(series);
    this.#windows += series.values.length / AGGREGATES.length;
    if (this.#windows >= BATCH_WINDOWS) await this.flush();
  }

  /** @throws what a write ran into */
  async flush(): Promise<void> {
    this.check();
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#windows = 0;
    this.series += batch.length;
    this.#keep(
      this.#unanswered,
      this.#write(batch).then(({ samples, durable }) => {
        this.samples += samples;
        this.#keep(this.#unsafe, durable);
      }),
    );
    if (this.#unanswered.size >= MOST_UNANSWERED) await Promise.race(this.#unanswered);
    this.check();
  }

  /** @throws what a write ran into */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** Resolves when none is under way, whatever became of them. */
  async end(): Promise<void> {
    await Promise.all(this.#unanswered);
    await Promise.all(this.#unsafe);
  }

  #keep(among: Set<Promise<void>>, work: Promise<void>): void {
    const kept = work
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => among.delete(kept));
    among.add(kept);
  }
}
