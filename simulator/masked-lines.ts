import { cardMask } from '../lib/mask/cards.ts';
import { MaskStage } from '../lib/mask/mask.ts';
import { headOf } from './host-lines.ts';
import { HEADS, type LineHead, lineHead } from './line-heads.ts';
import { LineTails } from './line-tails.ts';
import type { SimulatedLine } from './log-lines.ts';

/** A beginning as it leaves a host. */
interface MaskedHead extends LineHead {
  readonly bytes: Uint8Array;
  /** Card numbers that were covered in it. */
  readonly cards: number;
}

/** A line as a frame takes it. */
export interface MaskedLine {
  readonly service: string;
  readonly level: string;
  /** Good until the next line. */
  readonly bytes: Uint8Array;
}

/**
 * A host's lines as they leave it: the collector's masks have been over them, so no card number is in what is sent. They go over each
 * beginning once: what stands behind it has no number long enough to be masked and begins with what ends one, so that the whole line would
 * come out the same. test/simulator/masked-lines.test.ts holds that for all of them.
 */
export class MaskedLines {
  /** Stands in each line: the lines of two runs of the same hosts can be told apart. */
  readonly run: string;
  /** Card numbers covered in the lines so far. */
  masked = 0;
  readonly #tails: LineTails;
  readonly #heads: (MaskedHead | undefined)[] = new Array(HEADS).fill(undefined);
  readonly #line = Buffer.alloc(4096);
  readonly #stage = new MaskStage(
    {
      utf8: (bytes, from, to) => Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString(),
      utf8Bytes: (text) => new TextEncoder().encode(text),
    },
    [cardMask()],
  );

  /** @param startedAt of the run, ms since the epoch */
  constructor(startedAt: number) {
    this.run = startedAt.toString(36);
    this.#tails = new LineTails(this.run);
  }

  line(host: number, number: number): SimulatedLine {
    const { service, level, message, json } = this.#head(host, number);
    return { service, level, message: message + this.#tails.text(host, number, json) };
  }

  /** The same in bytes, counted as sent. */
  write(host: number, number: number): MaskedLine {
    const { service, level, bytes, json, cards } = this.#head(host, number);
    this.masked += cards;
    this.#line.set(bytes);
    const length = this.#tails.write(this.#line, bytes.length, host, number, json);
    return { service, level, bytes: this.#line.subarray(0, length) };
  }

  #head(host: number, number: number): MaskedHead {
    const at = headOf(host, number);
    const known = this.#heads[at];
    if (known) return known;
    const masked = this.#mask(lineHead(at));
    this.#heads[at] = masked;
    return masked;
  }

  #mask(head: LineHead): MaskedHead {
    const bytes = new TextEncoder().encode(head.message);
    const cards = this.#stage.bytes(bytes);
    return { ...head, message: new TextDecoder().decode(bytes), bytes, cards };
  }
}
