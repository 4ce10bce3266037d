import { LINE_BYTES } from '../log-lines.ts';

/** Which numbered lines came, and how often. The number stands in the first half of a line's trace id, multiplied (NumberedLines). */
export class LineCount {
  readonly #times: Uint8Array;
  #came = 0;
  #strange = 0;

  /** @param lines how many there are */
  constructor(lines: number) {
    this.#times = new Uint8Array(lines);
  }

  /** @param line the text of a line, without its newline */
  add(line: string): void {
    // What masking covered may be shorter or longer by some letters; two lines in one are not.
    const number = line.length > LINE_BYTES / 2 && line.length < LINE_BYTES * 1.5 ? numberOf(line) : -1;
    if (number < 0 || number >= this.#times.length) {
      this.#strange++;
      return;
    }
    this.#times[number] = Math.min(255, this.#times[number]! + 1);
    this.#came++;
  }

  /** Lines that came, of those the doubled ones, and lines that are none of those written (torn, merged). */
  get figures(): {
    readonly came: number;
    readonly missing: number;
    readonly doubled: number;
    readonly strange: number;
  } {
    let missing = 0;
    let doubled = 0;
    for (const times of this.#times) {
      if (times === 0) missing++;
      else doubled += times - 1;
    }
    return { came: this.#came, missing, doubled, strange: this.#strange };
  }
}

/** The inverse of the multiplier, modulo 2^64 (Newton: each step doubles the bits that are right). */
const SPREAD = 0x9e3779b97f4a7c15n;
const INVERSE = [1, 2, 3, 4, 5, 6].reduce((inverse) => BigInt.asUintN(64, inverse * (2n - SPREAD * inverse)), SPREAD);
const TRACE = /[0-9a-f]{32}/;

function numberOf(line: string): number {
  const [trace] = TRACE.exec(line) ?? [];
  if (trace === undefined) return -1;
  const number = BigInt.asUintN(64, BigInt(`0x${trace.slice(0, 16)}`) * INVERSE);
  return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : -1;
}
