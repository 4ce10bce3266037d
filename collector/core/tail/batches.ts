import type { Host } from '../host.ts';
import type { LineBatch, LineConsumer, TailStats } from './contract.ts';
import type { Followed } from './followed.ts';
import { ANCHOR_BYTES, hashWindow } from './identity.ts';
import { findLines } from './lines.ts';

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
  readonly #freeBuffers: Uint8Array[] = [];

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

  /**
   * Reads whole lines from where the file stands and hands them out; `flush`: a last line without its newline, too. True if there may be more
   * at once.
   */
  read(followed: Followed, flush: boolean): boolean {
    const host = this.#host;
    let buffer = this.#freeBuffers.pop();
    if (buffer === undefined) {
      if (this.#buffersLeft === 0) return false;
      this.#buffersLeft--;
      buffer = new Uint8Array(this.#batchBytes);
    }
    while (followed.cuts.length > 0 && followed.cuts[0]! <= followed.offset) followed.cuts.shift();
    const cut = followed.cuts[0];
    const want = Math.min(buffer.length, cut === undefined ? buffer.length : cut - followed.offset);
    const n = host.files.pread(followed.fd, buffer, 0, want, followed.offset);
    if (n < 0) this.#events.readError(followed.file.path, n);
    if (n <= 0) {
      this.#freeBuffers.push(buffer);
      return false;
    }
    const atCut = cut !== undefined && followed.offset + n === cut;
    const ended = n < want || followed.offset + n >= followed.size;
    const table = followed.lines;
    const taken = findLines(buffer, n, this.#longest, atCut || (flush && ended), table);
    if (taken === 0) {
      followed.atEnd = true;
      this.#freeBuffers.push(buffer);
      return false;
    }
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
    for (let i = 0; i < table.count; i++) {
      if ((table.flags[i]! & 1) !== 0) this.#stats.splitPieces++;
      if ((table.flags[i]! & 2) !== 0 && !atCut) this.#stats.openLines++;
    }
    this.#stats.lines += table.count;
    this.#stats.bytes += taken;
    if (followed.done !== null && cut === undefined) followed.done = null;
    followed.waiting = true;
    let answered = false;
    const batch: LineBatch = {
      file: followed.file,
      from,
      to: followed.offset,
      anchor: hashWindow(host, anchor, 0, anchor.length),
      bytes: buffer.subarray(0, taken),
      count: table.count,
      starts: table.starts,
      ends: table.ends,
      flags: table.flags,
      done: followed.done,
    };
    const owned = buffer;
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
}
