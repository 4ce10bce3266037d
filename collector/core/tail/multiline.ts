import { HEAD_CHARACTERS, mayBeOfTrace, StackTraces, type TracePreset } from './stack-traces.ts';

/** How lines become records of several lines. */
export interface MultilineSettings {
  /** Stack traces of these. */
  readonly traces: readonly TracePreset[];
  /** A record begins with a line for whose first characters this is true; it takes the place of `traces`. */
  readonly begins: ((head: string) => boolean) | null;
  /** Most lines of a record. What goes beyond is a record of its own. */
  readonly lines: number;
  /** Most bytes of a record. */
  readonly bytes: number;
  /** A record that may go on waits so long for the next line, ms. */
  readonly waitMs: number;
}

/**
 * Says of line after line whether it begins a record. It knows nothing but the lines since the last beginning, so that the same bytes read
 * again from the beginning of any record give the same records.
 */
export class Multiline {
  readonly settings: MultilineSettings;
  readonly #traces: StackTraces;
  #lines = 0;
  #bytes = 0;

  constructor(settings: MultilineSettings) {
    this.settings = settings;
    this.#traces = new StackTraces(settings.traces);
  }

  /** What follows has nothing to do with what was. */
  reset(): void {
    this.#lines = 0;
    this.#bytes = 0;
    this.#traces.reset();
  }

  /** Whether the line bytes[from, to) begins a record, and not goes on with the one before. */
  begins(bytes: Uint8Array, from: number, to: number): boolean {
    const size = to - from + 1;
    const full = this.#lines >= this.settings.lines || this.#bytes + size > this.settings.bytes;
    const goesOn = this.#continues(bytes, from, to) && this.#lines > 0;
    if (goesOn && !full) {
      this.#lines++;
      this.#bytes += size;
      return false;
    }
    if (full && goesOn) {
      // Read from here, the line is the first: it must be judged as it will be then.
      this.#traces.reset();
      this.#continues(bytes, from, to);
    }
    this.#lines = 1;
    this.#bytes = size;
    return true;
  }

  #continues(bytes: Uint8Array, from: number, to: number): boolean {
    const { begins } = this.settings;
    if (begins !== null) return !begins(headOf(bytes, from, to));
    // Most lines are of no trace, and to make a text of each costs ten times what reading it does.
    if (this.#traces.outside && !mayBeOfTrace(bytes, from, to)) return false;
    return this.#traces.continues(headOf(bytes, from, to));
  }
}

/** The first characters of a line, a byte each: what is looked for is ASCII. */
function headOf(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode.apply(
    null,
    bytes.subarray(from, Math.min(to, from + HEAD_CHARACTERS)) as unknown as number[],
  );
}
