import type { FrameOutcome } from '../ports/metric-store.ts';
import type { Appended } from './appender.ts';

interface Waiting {
  readonly append: Appended;
  resolve(outcomes: FrameOutcome[]): void;
  reject(error: unknown): void;
}

/** Gathers appends into commits: one a second while little comes, at once when much does. */
export class CommitTimer {
  readonly #commitMs: number;
  readonly #commitLines: number;
  readonly #commit: (appends: readonly Appended[]) => FrameOutcome[][];
  #waiting: Waiting[] = [];
  #lines = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(commitMs: number, commitLines: number, commit: (appends: readonly Appended[]) => FrameOutcome[][]) {
    this.#commitMs = commitMs;
    this.#commitLines = commitLines;
    this.#commit = commit;
  }

  append(append: Appended): Promise<FrameOutcome[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ append, resolve, reject });
      for (const frame of append.frames) this.#lines += frame.lines.length;
      if (this.#lines >= this.#commitLines) this.flush();
      else this.#timer ??= setTimeout(() => this.flush(), this.#commitMs);
    });
  }

  /** Commits what waits, now. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#lines = 0;
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    try {
      const outcomes = this.#commit(group.map(({ append }) => append));
      group.forEach(({ resolve }, i) => {
        resolve(outcomes[i]!);
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
