import type { RunStats } from '../../simulator/stats.ts';

const LINE_EVERY_MS = 10_000;
/** Rates are over so many looks, one a second. */
const LOOKS = 5;

interface Look {
  readonly at: number;
  readonly samples: number;
  readonly lines: number;
}

/** Shows a run while it goes on: a table that renews itself on a terminal, a line every ten seconds in a file. */
export class RunView {
  readonly #hosts: number;
  readonly #tty: boolean;
  readonly #write: (text: string) => void;
  readonly #width: () => number;
  readonly #looks: Look[] = [];
  #shown = 0;
  /** Lines of the table on the terminal. */
  #height = 0;

  /** @param width of the terminal: a line that it breaks would be two when the table is renewed */
  constructor(hosts: number, tty: boolean, write: (text: string) => void, width: () => number = () => 80) {
    this.#hosts = hosts;
    this.#tty = tty;
    this.#write = write;
    this.#width = width;
  }

  /** A line for good, above the table. */
  say(line: string): void {
    this.#write(`${this.#up()}simulate: ${line}\n`);
    this.#height = 0;
  }

  progress(stats: RunStats, elapsedMs: number, phase: string): void {
    this.#looks.push({ at: elapsedMs, samples: stats.samplesAcknowledged, lines: stats.linesAcknowledged });
    if (this.#looks.length > LOOKS) this.#looks.shift();
    if (!this.#tty) {
      if (elapsedMs - this.#shown < LINE_EVERY_MS) return;
      this.#shown = elapsedMs;
      this.#write(`simulate: ${this.#line(stats, elapsedMs, phase)}\n`);
      return;
    }
    const table = this.#table(stats, elapsedMs, phase).map((line) => line.slice(0, this.#width() - 1));
    this.#write(`${this.#up()}${table.join('\n')}\n`);
    this.#height = table.length;
  }

  #up(): string {
    return this.#tty && this.#height > 0 ? `\x1b[${this.#height}A\x1b[J` : '';
  }

  #rates(): { samples: number; lines: number } {
    const first = this.#looks[0]!;
    const last = this.#looks.at(-1)!;
    const seconds = (last.at - first.at) / 1000;
    if (seconds <= 0) return { samples: 0, lines: 0 };
    return { samples: (last.samples - first.samples) / seconds, lines: (last.lines - first.lines) / seconds };
  }

  #line(stats: RunStats, elapsedMs: number, phase: string): string {
    const { samples, lines } = this.#rates();
    const { latencies } = stats;
    return (
      `${(elapsedMs / 1000).toFixed(0)} s, ${phase}: ${stats.connected}/${this.#hosts} hosts up, ${short(samples)} samples/s, ${short(lines)} lines/s, ` +
      `acknowledged in ${latencies.quantile(0.5).toFixed(1)} ms (p99 ${latencies.quantile(0.99).toFixed(1)}, max ${latencies.max.toFixed(0)}), ` +
      `${stats.queuedFrames} frames waiting, ${errorsOf(stats)} errors${mostOf(stats)}`
    );
  }

  #table(stats: RunStats, elapsedMs: number, phase: string): string[] {
    const { samples, lines } = this.#rates();
    const { latencies } = stats;
    const row = (name: string, value: string) => `  ${name.padEnd(14)}${value}`;
    return [
      `simulate: ${phase}, ${(elapsedMs / 1000).toFixed(0)} s`,
      row('hosts up', `${stats.connected} of ${this.#hosts}, ${stats.reconnects} reconnects`),
      row('samples', `${short(samples)}/s, ${short(stats.samplesAcknowledged)} acknowledged`),
      row('lines', `${short(lines)}/s, ${short(stats.linesAcknowledged)} acknowledged`),
      row(
        'acknowledged',
        `p50 ${latencies.quantile(0.5).toFixed(1)} ms, p99 ${latencies.quantile(0.99).toFixed(1)} ms, max ${latencies.max.toFixed(0)} ms`,
      ),
      row('waiting', `${stats.queuedFrames} frames`),
      row('errors', `${errorsOf(stats)}${mostOf(stats)}`),
    ];
  }
}

function errorsOf(stats: RunStats): number {
  return [...stats.errors.values()].reduce((sum, count) => sum + count, 0);
}

/** Which error it is, or most of them are: a number alone does not say what to do. */
function mostOf(stats: RunStats): string {
  const most = [...stats.errors].toSorted(([, a], [, b]) => b - a)[0];
  return most ? `, most of them: ${most[0].slice(0, 60)}` : '';
}

function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} k` : value.toFixed(0);
}
