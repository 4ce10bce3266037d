import { HeliographError } from '../../../lib/errors.ts';
import type { FrameKind } from '../../../proto/frame.ts';
import type { Host } from '../host.ts';
import type { Spool } from '../spool/spool.ts';

/** Told when all samples are in the spool, or why they are not. */
export type Done = (error: HeliographError | null) => void;

interface Waiting {
  readonly kind: FrameKind;
  readonly items: number;
  readonly body: Uint8Array;
  readonly done: Done;
}

/** Frames in the spool's own queue at a time: the collector's own samples must find room beside them. */
const IN_SPOOL = 4;
/** What waits before the spool, bytes; beyond, samples are lost, counted, and not kept in memory. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Frames of pushed samples on their way into the spool, in order, and what is done between them. */
export class PushedQueue {
  readonly #host: Host;
  readonly #spool: Spool;
  readonly #waiting: (Waiting | (() => void))[] = [];
  readonly #mostBytes: number;
  #bytes = 0;
  #inSpool = 0;

  constructor(host: Host, spool: Spool, mostBytes: number = MOST_BYTES) {
    this.#mostBytes = mostBytes;
    this.#host = host;
    this.#spool = spool;
  }

  /** Whether the disk takes less than comes. */
  get full(): boolean {
    return this.#bytes >= this.#mostBytes;
  }

  add(kind: FrameKind, items: number, body: Uint8Array, done: Done): void {
    this.#bytes += body.length;
    this.#waiting.push({ kind, items, body, done });
    this.#pump();
  }

  /** Runs when all frames added before are in the spool's queue. */
  behind(run: () => void): void {
    this.#waiting.push(run);
    this.#pump();
  }

  #pump(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (typeof next === 'function') {
        this.#waiting.shift();
        next();
        continue;
      }
      if (this.#inSpool >= IN_SPOOL) return;
      this.#waiting.shift();
      this.#give(next);
    }
  }

  #give({ kind, items, body, done }: Waiting): void {
    this.#inSpool++;
    this.#spool.add('metric', {
      kind,
      created: this.#host.now(),
      items,
      body,
      marks: [],
      done: (error) => {
        this.#inSpool--;
        this.#bytes -= body.length;
        done(error);
        this.#pump();
      },
    });
  }
}

/** What is told where the disk takes less than comes. */
export function noRoom(): HeliographError {
  return new HeliographError('HG_COLLECTOR_BUSY', 'the disk of the spool takes less than comes', { retryAfterS: 5 });
}
