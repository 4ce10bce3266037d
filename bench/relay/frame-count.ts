import { zstdDecompressSync } from 'node:zlib';
import { Ranges } from '../../lib/ranges.ts';
import { decodeBlock } from '../../proto/block.ts';
import { decodeHeader } from '../../proto/frame.ts';

export interface CountedFrames {
  /** Of hosts' log frames: different ones, by host, boot and sequence. */
  readonly frames: number;
  /** Those that came once more, over the same relay or another. */
  readonly repeated: number;
}

/** Counts the log frames that come to a core, as a core does that takes each number once. */
export class FrameCount {
  readonly #seen = new Map<string, Ranges>();
  #frames = 0;
  #repeated = 0;

  add(block: Uint8Array): void {
    const decoded = decodeBlock(block, (bytes, most) => zstdDecompressSync(bytes, { maxOutputLength: most }));
    if (decoded.class !== 'log') return;
    for (const { host, frame } of decoded.entries) {
      const { boot, sequence } = decodeHeader(frame);
      const key = `${host} ${boot}`;
      let seen = this.#seen.get(key);
      if (!seen) {
        seen = new Ranges();
        this.#seen.set(key, seen);
      }
      if (seen.add(sequence)) this.#frames++;
      else this.#repeated++;
    }
  }

  get counted(): CountedFrames {
    return { frames: this.#frames, repeated: this.#repeated };
  }
}
