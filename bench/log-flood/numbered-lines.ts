import { readLineFacts } from '../../lib/log-lines/level.ts';
import { variedLines } from '../collector/varied-lines.ts';
import { LINE_BYTES } from '../log-lines.ts';

/** Lines that differ from each other in all they say; from then on they come again, each with a trace id of its own. */
const POOL = 32_768;
const TRACE = /[0-9a-f]{32}/;
/** Odd, so that no two numbers give the same product of 64 bits, and large, so that the products look like chance. */
const SPREAD = 0x9e3779b97f4a7c15n;
const HEX = new TextEncoder().encode('0123456789abcdef');

/** A line that a frame takes in. `message` is good until the next one is asked for. */
export interface NumberedLine {
  readonly message: Uint8Array;
  readonly level: string;
}

/**
 * Lines as services write them, as many as are asked for, no two of them alike: half of each trace id is made of the line's number, so that
 * it is no easier to compress than the random half, and says which line it is.
 */
export class NumberedLines {
  readonly #bytes = variedLines(0, POOL);
  readonly #levels: string[] = [];
  /** Where in each line its trace id stands. */
  readonly #traces = new Uint16Array(POOL);

  constructor() {
    const facts = { level: '' as const, time: Number.NaN };
    const text = new TextDecoder();
    for (let i = 0; i < POOL; i++) {
      const from = i * LINE_BYTES;
      readLineFacts(this.#bytes, from, from + LINE_BYTES - 1, 0, 0, facts);
      this.#levels.push(facts.level);
      const found = TRACE.exec(text.decode(this.#bytes.subarray(from, from + LINE_BYTES)));
      if (found === null) throw new TypeError(`line ${i} has no trace id to put its number in`);
      this.#traces[i] = found.index;
    }
  }

  level(number: number): string {
    return this.#levels[number % POOL]!;
  }

  /** Line `number` without its newline; good until this is called again. */
  message(number: number): Uint8Array {
    const from = (number % POOL) * LINE_BYTES;
    const at = from + this.#traces[number % POOL]!;
    const mixed = BigInt.asUintN(64, BigInt(number) * SPREAD);
    this.#put(at, Number(mixed >> 32n));
    this.#put(at + 8, Number(mixed & 0xffffffffn));
    return this.#bytes.subarray(from, from + LINE_BYTES - 1);
  }

  #put(at: number, value: number): void {
    for (let digit = 0; digit < 8; digit++) this.#bytes[at + digit] = HEX[(value >>> (28 - digit * 4)) & 15]!;
  }
}
