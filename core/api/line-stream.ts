import type { ServerResponse } from 'node:http';
import type { StoredLine } from '../ports/log-store.ts';
import type { TailPlace } from '../tail/log-tail.ts';

/** Bytes on their way to a reader; beyond them lines wait here. */
const ON_THE_WAY = 4 << 20;
/** Bytes of the newest lines that wait for a reader who does not keep up; the oldest of them go, and are counted. */
const NEWEST = 1 << 20;

/**
 * The writing end of one answer of text/event-stream with lines. Who does not keep up misses lines in the middle, and is told how many: the newest are
 * what a tail is for, and come when there is room again.
 */
export class LineStream {
  readonly #raw: ServerResponse;
  /** Events, the oldest first; only while there is no room. */
  #waiting: string[] = [];
  #waitingLength = 0;
  #skipped = 0;

  constructor(raw: ServerResponse) {
    this.#raw = raw;
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
    });
    raw.write('retry: 2000\n: lines as they are stored\n\n');
    raw.on('drain', () => this.#goOn());
  }

  line(place: TailPlace, line: StoredLine): void {
    const event = `id: ${place.run}.${place.number}.${place.time}\ndata: ${JSON.stringify(line)}\n\n`;
    if (this.#waiting.length === 0 && this.#raw.writableLength <= ON_THE_WAY) {
      this.#raw.write(event);
      return;
    }
    this.#waiting.push(event);
    this.#waitingLength += event.length;
    // The last one stays, however long it is.
    if (this.#waitingLength > NEWEST && this.#waiting.length > 1) this.#leaveOut();
  }

  /** @param lines null: some, nobody counted */
  skipped(lines: number | null): void {
    this.#raw.write(`event: skipped\ndata: ${JSON.stringify({ lines })}\n\n`);
  }

  comment(text: string): void {
    this.#raw.write(`: ${text}\n\n`);
  }

  /** Half of what waits at once, since each shift of a long array costs its length. */
  #leaveOut(): void {
    let left = 0;
    while (this.#waitingLength > NEWEST / 2 && left < this.#waiting.length - 1) {
      this.#waitingLength -= this.#waiting[left++]!.length;
    }
    this.#waiting.splice(0, left);
    this.#skipped += left;
  }

  #goOn(): void {
    if (this.#waiting.length === 0) return;
    const skipped = this.#skipped;
    const events = this.#waiting;
    this.#skipped = 0;
    this.#waiting = [];
    this.#waitingLength = 0;
    if (skipped > 0) this.skipped(skipped);
    for (const event of events) this.#raw.write(event);
  }
}
