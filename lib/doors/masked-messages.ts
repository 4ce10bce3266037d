import type { LineItem } from '../ingest/batch.ts';
import type { MaskStage } from '../mask/mask.ts';

/** Texts of so many bytes are looked through at once: most of what masking a line costs is to begin. */
const TOGETHER_BYTES = 128 * 1024;
/** Between two lines of one sender: a private key may have come as several. */
const NEWLINE = Buffer.from('\n');
/** Between two senders: no mask goes on over it, and nobody's text covers another's. */
const BETWEEN = Buffer.from('\n\0\n');

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

  /** One behind another, those of a sender together and in their order, however they came. */
  #next(index: number): void {
    let room = 0;
    let end = index;
    const senders = new Map<string, number[]>();
    do {
      const { message, host, fields } = this.#lines[end]!;
      // A character is three bytes at most for each of its UTF-16 units.
      room += (typeof message === 'string' ? message.length * 3 : message.length) + BETWEEN.length;
      const sender = `${host} ${fields['log.source.address'] ?? ''}`;
      const those = senders.get(sender);
      if (those === undefined) senders.set(sender, [end]);
      else those.push(end);
      end++;
    } while (end < this.#lines.length && room < TOGETHER_BYTES);
    const bytes = Buffer.allocUnsafeSlow(room);
    this.#messages = new Array(end - index);
    this.#first = index;
    let at = 0;
    for (const those of senders.values()) {
      for (const i of those) {
        const { message } = this.#lines[i]!;
        const from = at;
        if (typeof message === 'string') at += bytes.write(message, at, 'utf8');
        else {
          bytes.set(message, at);
          at += message.length;
        }
        this.#messages[i - index] = bytes.subarray(from, at);
        const between = i === those.at(-1) ? BETWEEN : NEWLINE;
        bytes.set(between, at);
        at += between.length;
      }
    }
    this.#mask.bytes(bytes, 0, at);
  }
}
