import { decodeRecord } from '../../core/indexer/record.ts';
import type { Bus } from '../../core/ports/bus.ts';
import type { FrameId } from '../../core/ports/frames.ts';
import type { LogStore } from '../../core/ports/log-store.ts';
import type { Stores } from '../../core/stores.ts';
import { decodeHeader } from '../../proto/frame.ts';

/** When one log frame was where, ms since the epoch; all on one machine, so by one clock. */
export interface FrameTimes {
  readonly created: number;
  readonly received: number;
  publishing: number;
  published: number;
  taken: number;
  appending: number;
  appended: number;
  searchable: number;
  /** Lines of it, and of all frames that were appended before it or with it. */
  readonly lines: number;
  upTo: number;
}

/** Stores of a core that note when each log frame comes to them and leaves them. */
export class Hops {
  readonly frames = new Map<string, FrameTimes>();
  /** Lines of each call of the log store. */
  readonly appends: number[] = [];
  #lines = 0;

  around(stores: Stores): Stores {
    return { ...stores, bus: this.#bus(stores.bus), logs: this.#logs(stores.logs) };
  }

  /** The store shows so many lines now. Frames become searchable in the order in which they were appended. */
  shows(lines: number): void {
    const now = Date.now();
    for (const times of this.frames.values()) {
      if (Number.isNaN(times.searchable) && times.upTo <= lines) times.searchable = now;
    }
  }

  #bus(bus: Bus): Bus {
    return {
      publish: async (topic, records) => {
        const before = Date.now();
        for (const { value } of records) this.#begin(value, before);
        await bus.publish(topic, records);
        const after = Date.now();
        for (const { value } of records) this.frames.get(keyOf(value))!.published = after;
      },
      consume: (options, handle) =>
        bus.consume(options, (batch) => {
          const now = Date.now();
          for (const { value } of batch.records) {
            const times = this.frames.get(keyOf(value));
            if (times !== undefined && Number.isNaN(times.taken)) times.taken = now;
          }
          return handle(batch);
        }),
      lag: () => bus.lag(),
      close: () => bus.close(),
    };
  }

  #begin(value: Uint8Array, now: number): void {
    const { received, frame } = decodeRecord(value);
    const { created, count } = decodeHeader(frame);
    const never = Number.NaN;
    this.frames.set(keyOf(value), {
      created,
      received,
      publishing: now,
      published: never,
      taken: never,
      appending: never,
      appended: never,
      searchable: never,
      lines: count,
      upTo: Number.POSITIVE_INFINITY,
    });
  }

  #logs(logs: LogStore): LogStore {
    const append: LogStore['append'] = async (frames, position) => {
      const known = frames.flatMap(({ id }) => this.frames.get(nameOf(id)) ?? []);
      const before = Date.now();
      for (const times of known) times.appending = before;
      const outcomes = await logs.append(frames, position);
      const after = Date.now();
      const written = outcomes.reduce((sum, outcome) => sum + outcome.written, 0);
      this.#lines += written;
      this.appends.push(written);
      for (const times of known) {
        times.appended = after;
        times.upTo = this.#lines;
      }
      return outcomes;
    };
    return new Proxy(logs, {
      get(target, key) {
        if (key === 'append') return append;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}

function keyOf(value: Uint8Array): string {
  const { host, frame } = decodeRecord(value);
  const { boot, class: dataClass, sequence } = decodeHeader(frame);
  return nameOf({ host, boot, class: dataClass, sequence });
}

function nameOf({ host, boot, class: dataClass, sequence }: FrameId): string {
  return `${host}/${boot}/${dataClass}/${sequence}`;
}
