import { readRun } from '../page/kept.ts';
import type { BenchRun } from '../result.ts';

const MARK = 'heliograph-bench-result ';

/** Prints a run as a line that is known again among whatever else a benchmark prints; what it came to so far too, while it goes on. */
export function printRun(run: BenchRun): void {
  process.stdout.write(`${MARK}${JSON.stringify(run)}\n`);
}

/** Finds printed runs in what a process prints, piece by piece. */
export class PrintedRuns {
  #rest = '';
  #last: BenchRun | null = null;

  /** The newest of all; null: none was printed. */
  get last(): BenchRun | null {
    return this.#last;
  }

  /** @returns whether a run was in it @throws ZodError or SyntaxError for a marked line that is none */
  take(text: string): boolean {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    const line = lines.findLast((one) => one.startsWith(MARK));
    if (line === undefined) return false;
    this.#last = readRun(line.slice(MARK.length));
    return true;
  }
}
