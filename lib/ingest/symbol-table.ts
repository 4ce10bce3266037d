import type { SeriesName } from './batch.ts';

/** Bytes of keys kept at a time, about; beyond, all are forgotten and come again with the next request. Half a million series fit. */
const MOST_BYTES = 128 << 20;
/** What an entry takes beside its key. */
const ENTRY_BYTES = 96;
/** Longer ones are rare, and would fill the memory. */
const LONGEST_TEXT = 1024;
const MOST_REFS = 128;

/** A text and the number that stands for it while it is kept; null: it is not kept. */
export interface InternedSymbol {
  readonly number: number | null;
  readonly text: string;
}

/**
 * Texts of remote write 2.0 and the series made of them, from one request to the next. A request numbers its texts as it likes; here the same
 * text has the same number always, so a series is known by numbers, and neither its texts nor its labels are made again.
 */
export class SymbolTable {
  readonly #symbols = new Map<string, InternedSymbol>();
  readonly #series = new Map<string, SeriesName>();
  readonly #mostBytes: number;
  #bytes = 0;
  /** Never given twice: a series that is kept under a number must not be found under another text. */
  #next = 0;
  readonly #units = new Uint16Array(2 * MOST_REFS);

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** @param bytes the text's bytes, one character each @param read makes the text of them where they are new; may throw */
  symbol(bytes: string, read: () => string): InternedSymbol {
    const there = this.#symbols.get(bytes);
    if (there !== undefined) return there;
    const text = read();
    if (bytes.length > LONGEST_TEXT) return { number: null, text };
    this.#room(bytes.length);
    const symbol = { number: this.#next++, text };
    this.#symbols.set(bytes, symbol);
    return symbol;
  }

  /** What a series is kept under; null if it is not: too many labels, a text that is too long, or one that is not there. */
  key(refs: readonly number[], symbols: readonly InternedSymbol[]): string | null {
    if (refs.length > MOST_REFS) return null;
    for (let i = 0; i < refs.length; i++) {
      const number = symbols[refs[i]!]?.number ?? null;
      if (number === null) return null;
      this.#units[2 * i] = number;
      this.#units[2 * i + 1] = number >>> 16;
    }
    return Reflect.apply(String.fromCharCode, null, this.#units.subarray(0, 2 * refs.length));
  }

  get(key: string): SeriesName | undefined {
    return this.#series.get(key);
  }

  keep(key: string, series: SeriesName): void {
    this.#room(2 * key.length);
    this.#series.set(key, series);
  }

  #room(bytes: number): void {
    if (this.#bytes > this.#mostBytes) {
      this.#symbols.clear();
      this.#series.clear();
      this.#bytes = 0;
    }
    this.#bytes += bytes + ENTRY_BYTES;
  }
}
