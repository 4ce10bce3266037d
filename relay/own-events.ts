import { HeliographError } from '../lib/errors.ts';
import type { Journal } from '../lib/journal/journal.ts';
import type { Logger } from '../lib/log.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import { type Event, encodeEventsBody, joinEventBodies } from '../proto/event.ts';
import { LIMITS } from '../proto/limits.ts';
import { type OwnFrame, OwnFrames, type OwnFramesParts } from './own-frames.ts';

/** Events of one frame, and events that wait while the disk refuses. */
const FRAME_EVENTS = 1000;
/** Bytes of the same: a frame has its limit, and a block of frames too. */
const FRAME_BYTES = LIMITS.frameBytes / 2;
const WAITING_EVENTS = 20_000;
const RETRY_MS = 500;
/** No frame follows another sooner: ten thousand hosts that come back are some hundred frames, and not a commit of the journal each. */
const GATHER_MS = 20;

/**
 * What the relay itself has to say (a host went, a clock is wrong, frames are lost): frames of class alert under the
 * relay's own name, in its own journal, so they are as durable as everybody's. One frame at a time, with all that waits;
 * the first of a burst goes at once.
 */
export class OwnEvents {
  readonly #journal: Journal;
  readonly #frames: OwnFrames;
  readonly #now: () => number;
  readonly #log: Logger;
  readonly #count: Counter;
  readonly #dropped: Counter;
  #waiting: { body: Uint8Array; durable: (() => void) | undefined }[] = [];
  #busy = false;
  #timer: NodeJS.Timeout | null = null;
  /** What the timer is set for: the next frame, or the one that the disk refused once more. */
  #due: (() => void) | null = null;
  #closed = false;
  #allDone: () => void = () => undefined;

  /** @param options with the sequences of class alert */
  constructor(options: OwnFramesParts & { journal: Journal; log: Logger; metrics: Registry }) {
    this.#journal = options.journal;
    this.#frames = new OwnFrames('alert', 'events', options);
    this.#now = options.now;
    this.#log = options.log;
    this.#count = options.metrics.counter('heliograph_relay_events_total', "The relay's own events, by type.");
    this.#dropped = options.metrics.counter(
      'heliograph_relay_events_dropped_total',
      'Own events given up: the journal took none, or they were too large for a frame.',
    );
  }

  /** @param durable called when it is in the journal @returns false: there is no room for it, it is too large for a frame, or the relay closes */
  tell(type: string, host: string, facts: Event['facts'], durable?: () => void): boolean {
    if (this.#closed) return false;
    this.#count.inc({ type });
    if (this.#waiting.length >= WAITING_EVENTS) {
      this.#dropped.inc();
      return false;
    }
    const body = this.#encode({ time: this.#now(), type, host, facts });
    if (body === null) {
      this.#dropped.inc();
      return false;
    }
    this.#waiting.push({ body, durable });
    // After this turn, so that what happens at once stands in one frame.
    if (!this.#busy) queueMicrotask(() => this.#flush());
    return true;
  }

  /** Takes no more. Resolves when what waits is in the journal, or that has refused it once more. */
  close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#allDone = resolve;
    const due = this.#due;
    this.#due = null;
    if (due) due();
    else this.#flush();
    if (!this.#busy) resolve();
    return promise;
  }

  /** An event alone; null, and the log says so: no frame can have it. */
  #encode(event: Event): Uint8Array | null {
    try {
      const body = encodeEventsBody([event]);
      if (body.length <= FRAME_BYTES) return body;
      this.#log.error('an own event is given up: it is too large', { type: event.type, bytes: body.length });
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      this.#log.error('an own event is given up: it cannot be written', { type: event.type, error: error.message });
    }
    return null;
  }

  #later(run: () => void, ms: number): void {
    this.#due = run;
    this.#timer = setTimeout(() => {
      this.#due = null;
      run();
    }, ms);
  }

  readonly #next = (): void => {
    this.#busy = false;
    this.#flush();
    if (this.#closed && !this.#busy) this.#allDone();
  };

  #flush(): void {
    if (this.#busy || this.#waiting.length === 0) return;
    this.#busy = true;
    let bytes = 0;
    let count = 0;
    for (const { body } of this.#waiting) {
      bytes += body.length;
      if (count > 0 && (count === FRAME_EVENTS || bytes > FRAME_BYTES)) break;
      count++;
    }
    const told = this.#waiting.splice(0, count);
    this.#append(this.#frames.next(count, joinEventBodies(told.map(({ body }) => body))), () => {
      for (const { durable } of told) durable?.();
    });
  }

  #append(frame: OwnFrame, durable: () => void): void {
    this.#journal.append('alert', frame.record, (error) => {
      if (error) {
        const waiting = this.#waiting.length;
        if (this.#closed) {
          const events = frame.record.items + waiting;
          this.#dropped.inc({}, events);
          this.#log.error('own events are given up: the journal takes none, and the relay closes', {
            code: error.code,
            events,
          });
          this.#allDone();
          return;
        }
        this.#log.error('own events cannot be journalled; trying again', { code: error.code, waiting });
        this.#later(() => this.#append(frame, durable), RETRY_MS);
        return;
      }
      this.#frames.kept(frame);
      durable();
      if (this.#closed) this.#next();
      else this.#later(this.#next, GATHER_MS);
    });
  }
}
