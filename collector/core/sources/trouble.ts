import type { SourceError } from './source.ts';

/** What sources could not read: each file costs one, in its source's count, and nothing else is lost. */
export class Trouble {
  readonly #totals = new Map<string, number>();
  #unread = 0;
  #failed: SourceError | null = null;

  /** A source begins. */
  begin(): void {
    this.#unread = 0;
    this.#failed = null;
  }

  /** A file or folder of the running source is there and cannot be read. `failure`: that is not one attribute of many but a part of what the source is for. */
  note(error: SourceError, failure: boolean): void {
    this.#unread++;
    if (failure) this.#failed ??= error;
  }

  /** The running source has ended: the first failure of it, and how many files of it could not be read since the start; undefined: all could. */
  end(source: string): { failed: SourceError | null; total: number | undefined } {
    if (this.#unread > 0) this.#totals.set(source, (this.#totals.get(source) ?? 0) + this.#unread);
    return { failed: this.#failed, total: this.#totals.get(source) };
  }
}
