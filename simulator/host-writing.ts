import { CborWriter } from '../proto/cbor-writer.ts';
import { LogFrameBuilder } from '../proto/log-columns.ts';
import type { HostQueue } from './host-queue.ts';
import type { HostSending } from './host-sending.ts';
import type { HostState } from './host-state.ts';
import type { LineSpan } from './truth.ts';
import { Job } from './wheel.ts';

const LINES_MS = 1000;
/** Lines written at once after a pause; the rest a moment later. */
const MOST_LINES = 2000;
const CLASSES = ['error', 'log', 'debug'] as const;
type LineClass = (typeof CLASSES)[number];
/** What is being written just now: a frame each at most, taken away before the next host writes. */
const scratch = new CborWriter(1 << 16);
const FRAMES: Readonly<Record<LineClass, { readonly builder: LogFrameBuilder; numbers: number[] }>> = {
  error: { builder: new LogFrameBuilder(scratch), numbers: [] },
  log: { builder: new LogFrameBuilder(scratch), numbers: [] },
  debug: { builder: new LogFrameBuilder(scratch), numbers: [] },
};

/** When a host writes log lines, and their frames: one a class and second. What a line says follows from host and number. */
export class HostWriting {
  readonly #host: HostState;
  readonly #queue: HostQueue;
  readonly #sending: HostSending;
  readonly #job = new Job((now) => this.#due(now));
  readonly #spans: LineSpan[] = [];
  /** ms; 0: none. */
  #every = 0;

  constructor(host: HostState, queue: HostQueue, sending: HostSending) {
    this.#host = host;
    this.#queue = queue;
    this.#sending = sending;
  }

  /** All that was written. */
  spans(): LineSpan[] {
    return this.#spans.filter(({ count }) => count > 0);
  }

  /** A line every so many ms from now on; 0: none. */
  set(every: number, now: number): void {
    const wrote = this.#every > 0;
    this.#every = every;
    if (!this.#host.alive) return;
    if (wrote) this.#spans.push(this.#span(now));
    else this.start(now);
  }

  /** Begins to write, if it writes at all. */
  start(now: number): void {
    if (this.#every <= 0) return;
    const { random, wheel } = this.#host.shared;
    this.#spans.push(this.#span(now));
    this.#job.at = now + random() * LINES_MS;
    wheel.add(this.#job);
  }

  #span(now: number): LineSpan {
    const last = this.#spans.at(-1);
    // The first line at a moment of the host's own within the period, so that few lines a host come to the right number over all.
    const start = Math.floor(now) + Math.floor(this.#host.shared.random() * this.#every);
    return { first: last ? last.first + last.count : 0, start, every: this.#every, count: 0 };
  }

  #due(now: number): void {
    const span = this.#spans.at(-1);
    if (!this.#host.alive || this.#every <= 0 || !span) return;
    const { number: host, skew, shared } = this.#host;
    let written = 0;
    for (; written < MOST_LINES; written++) {
      const time = Math.floor(span.start + span.count * span.every);
      if (time > now) break;
      const number = span.first + span.count++;
      const { level, service, bytes } = shared.lines.write(host, number);
      const frame = FRAMES[classOf(level)];
      frame.numbers.push(number);
      frame.builder.add(time + skew, level, service, bytes);
    }
    shared.stats.linesSent += written;
    for (const dataClass of CLASSES) {
      const frame = FRAMES[dataClass];
      const lines = frame.numbers;
      if (lines.length === 0) continue;
      frame.numbers = [];
      const body = frame.builder.encode(shared.compress);
      this.#queue.add(dataClass, lines.length, { rows: null, body, lines });
    }
    this.#job.at = now + (written === MOST_LINES ? LINES_MS / 10 : LINES_MS);
    shared.wheel.add(this.#job);
    this.#sending.pump();
  }
}

function classOf(level: string): LineClass {
  if (level === 'error' || level === 'fatal') return 'error';
  return level === 'debug' || level === 'trace' ? 'debug' : 'log';
}
