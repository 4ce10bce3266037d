import type { LineItem } from '../ingest/batch.ts';
import type { MaskStage } from '../mask/mask.ts';

/** Texts of so many bytes are looked through at once: most of what masking a line costs is to begin. */
const TOGETHER_BYTES = 128 * 1024;
const NEWLINE = 10;

/** The texts of lines, as bytes in which secrets are covered; what the lines hold themselves stays as it is. */
export class MaskedMessages {
  readonly #lines: readonly LineItem[];
  readonly #mask: MaskStage;
  /** Of those lines, from `#first` on. */
  #messages: Uint8Array[] = [];
  #first = 0;

  constructor(lines: readonly LineItem[], mask: MaskStage) {
    this.#lines = lines;
    this.#mask = mask;
  }

  /** The text of line `index`. Ask in ascending order: what is before is done again. */
  of(index: number): Uint8Array {
    const at = index - this.#first;
    if (at < 0 || at >= this.#messages.length) this.#next(index);
    return this.#messages[index - this.#first]!;
  }

  /** One behind another with newlines between, which no secret crosses. */
  #next(index: number): void {
    let room = 0;
    let end = index;
    do {
      const { message } = this.#lines[end++]!;
      // A character is three bytes at most for each of its UTF-16 units.
      room += (typeof message === 'string' ? message.length * 3 : message.length) + 1;
    } while (end < this.#lines.length && room < TOGETHER_BYTES);
    const bytes = Buffer.allocUnsafeSlow(room);
    this.#messages = [];
    this.#first = index;
    let at = 0;
    for (let i = index; i < end; i++) {
      const { message } = this.#lines[i]!;
      const from = at;
      if (typeof message === 'string') at += bytes.write(message, at, 'utf8');
      else {
        bytes.set(message, at);
        at += message.length;
      }
      this.#messages.push(bytes.subarray(from, at));
      bytes[at++] = NEWLINE;
    }
    this.#mask.bytes(bytes, 0, at);
  }
}
