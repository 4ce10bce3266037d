import type { Journal } from '../lib/journal/journal.ts';
import type { Logger } from '../lib/log.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import { type Event, encodeEventsBody } from '../proto/event.ts';
import { type OwnFrame, OwnFrames, type OwnFramesParts } from './own-frames.ts';

/** Events of one frame, and events that wait while the disk refuses. */
const FRAME_EVENTS = 1000;
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
  #waiting: { event: Event; durable: (() => void) | undefined }[] = [];
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
      'Own events given up while the journal took none.',
    );
  }

  /** @param durable called when it is in the journal @returns false: there is no room for it, or the relay closes */
  tell(type: string, host: string, facts: Event['facts'], durable?: () => void): boolean {
    if (this.#closed) return false;
    this.#count.inc({ type });
    if (this.#waiting.length >= WAITING_EVENTS) {
      this.#dropped.inc();
      return false;
    }
    this.#waiting.push({ event: { time: this.#now(), type, host, facts }, durable });
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
    const told = this.#waiting.splice(0, FRAME_EVENTS);
    const events = told.map(({ event }) => event);
    this.#append(this.#frames.next(events.length, encodeEventsBody(events)), () => {
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
