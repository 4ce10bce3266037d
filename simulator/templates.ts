import { CborWriter } from '../proto/cbor-writer.ts';
import { ColumnEncoder } from '../proto/columns.ts';
import { HASH_BYTES } from '../proto/hash.ts';
import { varintLength, writeVarint, zigzag } from '../proto/varint.ts';
import type { KindPages } from './pages.ts';
import type { KindValues } from './values.ts';

/** Templates kept: those of the present steps, and of what is filled in after an outage. */
const KEPT = 2048;
const NO_HASH = new Uint8Array(HASH_BYTES);
/** A time of the present, of the same length as any that is put in its place. */
const ANY_TIME = 1_790_000_000_000;

/** The body of a metric frame for all hosts of one phase, and where a host's own parts go. */
export interface Template {
  readonly body: Uint8Array;
  /** By section: where page, base row and first time stand. */
  readonly places: readonly { readonly page: number; readonly base: number; readonly time: number }[];
}

/**
 * Frames are encoded once for all hosts of one kind and phase. The columns say how the values differ from the base row, and a host's
 * base row stands apart from the common one by whole numbers, so the same columns give each host its own values: what a host puts
 * in are the hashes of its base rows, and its time.
 */
export class Templates {
  readonly #pages: KindPages;
  readonly #values: KindValues;
  readonly #intervalMs: number;
  readonly #encoder = new ColumnEncoder();
  readonly #writer = new CborWriter(4096);
  readonly #made = new Map<number, Template>();
  /** By phase: the one that was asked for last, which is nearly always the next one too. */
  readonly #last: { key: number; template: Template }[] = [];

  constructor(pages: KindPages, values: KindValues, intervalMs: number) {
    this.#pages = pages;
    this.#values = values;
    this.#intervalMs = intervalMs;
  }

  /**
   * @param step the first instant's
   * @param instants 1 to 127
   * @param baseStep the step whose values the base row has
   */
  get(phase: number, step: number, instants: number, baseStep: number): Template {
    // Below 2^53: 2^6 phases, 2^7 instants, 2^40 steps. The base step follows from the step.
    const key = (step * 128 + instants) * 64 + phase;
    const last = this.#last[phase];
    if (last?.key === key) return last.template;
    let template = this.#made.get(key);
    if (!template) {
      template = this.#make(phase, step, instants, baseStep);
      if (this.#made.size >= KEPT) this.#made.delete(this.#made.keys().next().value!);
      this.#made.set(key, template);
    }
    this.#last[phase] = { key, template };
    return template;
  }

  #make(phase: number, step: number, instants: number, baseStep: number): Template {
    const { sections } = this.#pages;
    const n = this.#values.count;
    const base = new Float64Array(n);
    this.#values.common(phase, baseStep, base, 0);
    const rows = new Float64Array(n * instants);
    for (let i = 0; i < instants; i++) this.#values.common(phase, step + i, rows, i * n);
    const times = Float64Array.from({ length: instants }, (_, i) => ANY_TIME + i * this.#intervalMs);
    const writer = this.#writer;
    writer.array(sections.length);
    const places = sections.map(({ from, count }) => {
      const values = new Float64Array(count * instants);
      for (let i = 0; i < instants; i++) values.set(rows.subarray(i * n + from, i * n + from + count), i * count);
      const columns = this.#encoder.encode(count, times, values, null, base.slice(from, from + count));
      const page = writer.array(3).length + 1;
      const baseAt = writer.bytes(NO_HASH).length + 1;
      writer.bytes(NO_HASH).bytes(columns);
      // Before the first time stand the flags and the number of instants.
      const time = writer.length - columns.length + 1 + varintLength(instants);
      return { page, base: baseAt, time };
    });
    return { body: writer.take(), places };
  }
}

/** Puts a frame's first time where a template has another one. @throws RangeError for a time that is not of these years */
export function writeTime(into: Uint8Array, at: number, time: number): void {
  if (varintLength(zigzag(time)) !== TIME_BYTES) throw new RangeError(`the time ${time} is not of these years`);
  writeVarint(into, at, zigzag(time));
}

const TIME_BYTES = varintLength(zigzag(ANY_TIME));
