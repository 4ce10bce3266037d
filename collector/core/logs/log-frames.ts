import { LogFrameBuilder } from '../../../proto/log-builder.ts';
import type { Host } from '../host.ts';
import type { Spool } from '../spool/spool.ts';
import type { LineClass, SpoolMark } from '../tail/positions.ts';

/** A frame is made when its lines have so many bytes: large enough to compress well, well below the wire's limit. */
const FRAME_BYTES = 256 * 1024;
/** A refused frame is tried again after this: the file is patient. */
const RETRY_MS = 1000;

/** What waits for a frame to be durable. */
export interface Waiter {
  pending: number;
  readonly done: () => void;
}

/** Gathers the lines of one class, of several files, into frames with the marks that say where they came from. */
export class LogFrames {
  readonly #host: Host;
  readonly #spool: Spool;
  readonly #class: LineClass;
  readonly #lingerMs: number;
  readonly #builder = new LogFrameBuilder();
  #marks: SpoolMark[] = [];
  #waiters: Waiter[] = [];
  #timer: number | null = null;
  #stopped = false;

  constructor(host: Host, spool: Spool, lineClass: LineClass, lingerMs: number) {
    this.#host = host;
    this.#spool = spool;
    this.#class = lineClass;
    this.#lingerMs = lingerMs;
  }

  /** Bytes gathered. */
  get size(): number {
    return this.#builder.lines === 0 ? 0 : this.#builder.size;
  }

  /** True if a line of so many bytes wants a new frame: `mark` what is in this one, `flush`, then go on. */
  full(bytes: number): boolean {
    return this.#builder.lines > 0 && (this.#builder.size + bytes > FRAME_BYTES || this.#builder.full(bytes));
  }

  line(
    time: number,
    level: string,
    service: string,
    message: Uint8Array,
    fields: Readonly<Record<string, string>>,
  ): void {
    this.#builder.add(time, level, service, message, fields);
  }

  /** The lines of this part of a file are in; `waiter` counts the frame as one more that it waits for. */
  mark(mark: SpoolMark, waiter: Waiter): void {
    this.#marks.push(mark);
    this.#waiters.push(waiter);
    waiter.pending++;
    this.#timer ??= this.#host.timer(() => {
      this.#timer = null;
      this.flush();
    }, this.#lingerMs);
  }

  /** Makes a frame of what is gathered. */
  flush(): void {
    if (this.#timer !== null) this.#host.cancel(this.#timer);
    this.#timer = null;
    const marks = this.#marks;
    const waiters = this.#waiters;
    this.#marks = [];
    this.#waiters = [];
    const items = this.#builder.lines;
    if (items > 0) {
      this.#put(this.#builder.encode(this.#host.compress), items, marks, waiters);
      return;
    }
    // All lines of the part were refused: there is nothing to wait for.
    for (const mark of marks) this.#spool.progress.add(mark);
    release(waiters);
  }

  /** The last frame goes in; one that is refused is not tried again, its lines are safe in their file. */
  stop(): void {
    this.flush();
    this.#stopped = true;
  }

  #put(body: Uint8Array, items: number, marks: readonly SpoolMark[], waiters: readonly Waiter[]): void {
    this.#spool.add(this.#class, {
      kind: 'logs',
      created: this.#host.now(),
      items,
      body,
      marks,
      done: (error) => {
        if (error !== null) {
          if (this.#stopped) return;
          // Full, or the disk refuses: the lines are safe in their file, which is not read on until they are in.
          this.#host.timer(() => this.#put(body, items, marks, waiters), RETRY_MS);
          return;
        }
        release(waiters);
      },
    });
  }
}

function release(waiters: readonly Waiter[]): void {
  for (const waiter of waiters) {
    waiter.pending--;
    if (waiter.pending === 0) waiter.done();
  }
}
