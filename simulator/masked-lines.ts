import { cardMask } from '../lib/mask/cards.ts';
import { MaskStage } from '../lib/mask/mask.ts';
import { hostLine } from './host-lines.ts';
import type { SimulatedLine } from './log-lines.ts';

/** A host's lines as they leave it: the collector's masks have been over them, so no card number is in what is sent. */
export class MaskedLines {
  readonly #stage = new MaskStage(
    {
      utf8: (bytes, from, to) => Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString(),
      utf8Bytes: (text) => new TextEncoder().encode(text),
    },
    [cardMask()],
  );

  /** Card numbers covered so far. */
  get masked(): number {
    return [...this.#stage.masked.values()].reduce((sum, count) => sum + count, 0);
  }

  line(host: number, number: number): SimulatedLine {
    const line = hostLine(host, number);
    const message = this.#stage.text(line.message);
    return message === line.message ? line : { ...line, message };
  }
}
