import type { Host } from '../host.ts';
import type { Flush, LineBatch, LineConsumer, TailStats } from './contract.ts';
import type { Followed } from './followed.ts';
import { ANCHOR_BYTES, hashWindow } from './identity.ts';
import { findLines, LINE_OPEN, LINE_SPLIT, type LineTable } from './lines.ts';
import { groupLines } from './records.ts';
import { streamFacts } from './stream-facts.ts';

/** Bytes of a file, and of the texts that were taken out of them. */
interface Buffer {
  readonly bytes: Uint8Array;
  texts: Uint8Array | null;
}

export interface BatchEvents {
  readError(path: string, errno: number): void;
  /** A batch of a file that is still followed was answered: it may be read on. */
  answered(): void;
}

/** Cuts followed files into batches of whole lines, out of a bounded number of buffers. */
export class Batches {
  readonly #host: Host;
  readonly #consumer: LineConsumer;
  readonly #stats: TailStats;
  readonly #events: BatchEvents;
  readonly #batchBytes: number;
  readonly #longest: number;
  #buffersLeft: number;
  readonly #freeBuffers: Buffer[] = [];
  #stage: Uint8Array | null = null;

  constructor(
    host: Host,
    limits: { readonly batchBytes: number; readonly maxLineBytes: number; readonly buffers: number },
    consumer: LineConsumer,
    stats: TailStats,
    events: BatchEvents,
  ) {
    this.#host = host;
    this.#consumer = consumer;
    this.#stats = stats;
    this.#events = events;
    this.#longest = limits.maxLineBytes;
    this.#batchBytes = Math.max(limits.batchBytes, limits.maxLineBytes + 2);
    this.#buffersLeft = limits.buffers;
  }

  /** Most bytes of a line. */
  get longest(): number {
    return this.#longest;
  }

  /** Reads records from where the file stands and hands them out. True if there may be more at once. */
  read(followed: Followed, flush: Flush): boolean {
    const host = this.#host;
    let own = this.#freeBuffers.pop();
    if (own === undefined) {
      if (this.#buffersLeft === 0) return false;
      this.#buffersLeft--;
      own = { bytes: new Uint8Array(this.#batchBytes), texts: null };
    }
    const buffer = own.bytes;
    while (followed.cuts.length > 0 && followed.cuts[0]! <= followed.offset) followed.cuts.shift();
    const cut = followed.cuts[0];
    const want = Math.min(buffer.length, cut === undefined ? buffer.length : cut - followed.offset);
    const n = host.files.pread(followed.fd, buffer, 0, want, followed.offset);
    const unpacking = n === -11;
    if (n < 0 && !unpacking) this.#events.readError(followed.file.path, n);
    if (n <= 0) {
      this.#freeBuffers.push(own);
      return unpacking;
    }
    const atCut = cut !== undefined && followed.offset + n === cut;
    const ended = n < want || followed.offset + n >= followed.size;
    const table = followed.lines;
    const lines = findLines(buffer, n, this.#longest, atCut || (flush === 'lines' && ended), table);
    const last = atCut ? 'lines' : ended ? flush : 'none';
    let taken = this.#records(followed, own, lines, last, table);
    if (taken === 0 && lines > 0 && n === buffer.length) {
      // A record and the line behind it are larger than what is read at once.
      findLines(buffer, n, this.#longest, false, table);
      taken = this.#records(followed, own, lines, 'lines', table);
    }
    if (taken === 0) {
      followed.atEnd = true;
      this.#freeBuffers.push(own);
      return false;
    }
    const container = followed.records?.container ?? null;
    const found = container?.table ?? table;
    const from = followed.offset;
    const kept = Math.min(ANCHOR_BYTES, from + taken);
    const anchor = new Uint8Array(kept);
    if (taken >= kept) anchor.set(buffer.subarray(taken - kept, taken));
    else {
      const before = kept - taken;
      anchor.set(followed.anchor.subarray(followed.anchor.length - before));
      anchor.set(buffer.subarray(0, taken), before);
    }
    followed.anchor = anchor;
    followed.offset = from + taken;
    for (let i = 0; i < found.count; i++) {
      if ((found.flags[i]! & LINE_SPLIT) !== 0) this.#stats.splitPieces++;
      if ((found.flags[i]! & LINE_OPEN) !== 0 && !atCut) this.#stats.openLines++;
    }
    this.#stats.lines += found.count;
    this.#stats.bytes += taken;
    if (followed.done !== null && cut === undefined) followed.done = null;
    followed.waiting = true;
    let answered = false;
    const batch: LineBatch = {
      file: followed.file,
      from,
      to: followed.offset,
      anchor: hashWindow(host, anchor, 0, anchor.length),
      bytes: container === null ? buffer.subarray(0, taken) : own.texts!.subarray(0, container.textBytes),
      count: found.count,
      starts: found.starts,
      ends: found.ends,
      flags: found.flags,
      places: container?.table.places ?? found.starts,
      facts: container === null ? null : streamFacts(container.table),
      done: followed.done,
    };
    const owned = own;
    this.#consumer.take(batch, () => {
      if (answered) return;
      answered = true;
      followed.waiting = false;
      this.#freeBuffers.push(owned);
      if (followed.fd < 0) this.#consumer.closed(followed.file);
      else this.#events.answered();
    });
    return !followed.waiting;
  }

  /** Makes records of the lines of the table; gives how many bytes they are of. */
  #records(followed: Followed, own: Buffer, taken: number, last: Flush, table: LineTable): number {
    const { records } = followed;
    if (records === null || taken === 0) return taken;
    if (records.multiline !== null) return groupLines(own.bytes, taken, records.multiline, last !== 'none', table);
    // Pieces of a line that is too long have no newline of their own in the file, and have one among the texts.
    const room = this.#batchBytes + Math.ceil(this.#batchBytes / this.#longest) + 1;
    own.texts ??= new Uint8Array(room);
    this.#stage ??= new Uint8Array(this.#batchBytes);
    const container = records.container!;
    const before = container.odd;
    const read = container.read(own.bytes, taken, last, table, this.#stage, own.texts);
    this.#stats.oddLines += container.odd - before;
    return read;
  }
}
