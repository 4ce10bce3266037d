import type { CborWriter } from '../../../proto/cbor-writer.ts';
import { LogFrameBuilder } from '../../../proto/log-builder.ts';
import type { Host } from '../host.ts';
import type { Spool } from '../spool/spool.ts';
import type { LineClass, SpoolMark } from '../tail/positions.ts';

/** A frame is made when its lines have so many bytes: large enough to compress well and to cost little each; two fit into the default window, well below the wire's limit. */
const FRAME_BYTES = 448 * 1024;
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
  readonly #builder: LogFrameBuilder;
  #marks: SpoolMark[] = [];
  #waiters: Waiter[] = [];
  /** Bytes of lines in frames that are not durable yet. */
  #underWay = 0;
  #timer: number | null = null;
  #stopped = false;

  /** @param scratch where frames are put together, shared with other classes */
  constructor(host: Host, spool: Spool, lineClass: LineClass, lingerMs: number, scratch: CborWriter) {
    this.#host = host;
    this.#spool = spool;
    this.#class = lineClass;
    this.#lingerMs = lingerMs;
    this.#builder = new LogFrameBuilder(scratch);
  }

  /** Bytes gathered, or in frames that are not durable yet. */
  get held(): number {
    return this.#underWay + (this.#builder.lines === 0 ? 0 : this.#builder.size);
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
    const last = this.#marks.at(-1);
    if (last !== undefined && goesOn(last, mark)) this.#marks[this.#marks.length - 1] = { ...mark, from: last.from };
    else this.#marks.push(mark);
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
      const held = this.#builder.size;
      this.#underWay += held;
      this.#put({ body: this.#builder.encode(this.#host.compress), items, marks, waiters, held });
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

  #put(frame: {
    readonly body: Uint8Array;
    readonly items: number;
    readonly marks: readonly SpoolMark[];
    readonly waiters: readonly Waiter[];
    readonly held: number;
  }): void {
    const { body, items, marks, waiters, held } = frame;
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
          this.#host.timer(() => this.#put(frame), RETRY_MS);
          return;
        }
        this.#underWay -= held;
        release(waiters);
      },
    });
  }
}

/** The next part of the same file, and lines of the same classes are in both: one mark says it as well. */
function goesOn(last: SpoolMark, mark: SpoolMark): boolean {
  return (
    last.file.id === mark.file.id &&
    last.to === mark.from &&
    last.classes.length === mark.classes.length &&
    last.classes.every((name, i) => name === mark.classes[i])
  );
}

function release(waiters: readonly Waiter[]): void {
  for (const waiter of waiters) {
    waiter.pending--;
    if (waiter.pending === 0) waiter.done();
  }
}
