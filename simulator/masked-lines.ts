import { cardMask } from '../lib/mask/cards.ts';
import { MaskStage } from '../lib/mask/mask.ts';
import { hostLine } from './host-lines.ts';
import type { SimulatedLine } from './log-lines.ts';

/** A host's lines as they leave it: the collector's masks have been over them, so no card number is in what is sent. */
export class MaskedLines {
  /** Stands in each line: the lines of two runs of the same hosts can be told apart. */
  readonly run: string;
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
  }

  /** Card numbers covered so far. */
  get masked(): number {
    return [...this.#stage.masked.values()].reduce((sum, count) => sum + count, 0);
  }

  line(host: number, number: number): SimulatedLine {
    const line = hostLine(host, number);
    const end = line.message.lastIndexOf(' seq=');
    const message = `${line.message.slice(0, end)} run=${this.run}${line.message.slice(end)}`;
    return { ...line, message: this.#stage.text(message) };
  }
}
