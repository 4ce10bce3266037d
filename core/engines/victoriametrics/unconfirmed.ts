import type { Encoding } from './compress.ts';
import type { Piece } from './job.ts';

/** A request that was answered, kept until it is known to be on the engine's disk. */
export interface Body {
  readonly bytes: Uint8Array;
  readonly encoding: Encoding;
  readonly pieces: readonly Piece[];
  readonly samples: number;
  /** The life of the engine that answered, as known before the request was sent. */
  life: string;
  /** When it answered, by the steady clock, ms. */
  answered: number;
}

/** What is remembered of a frame until it is durable, without its samples: its name, its accounts, who waits. Measured: 0094 in docs/decisions. */
const FRAME_BYTES = 1_024;

/** What a body keeps in memory: the request, and what stands beside it of the frames in it. */
export function heldBy({ bytes, pieces }: Pick<Body, 'bytes' | 'pieces'>): number {
  let frames = 0;
  for (const piece of pieces) frames += piece.frames;
  return bytes.length + frames * FRAME_BYTES;
}

/**
 * The requests an engine has answered and may still lose. VictoriaMetrics keeps fresh samples in memory and puts them on disk within
 * seconds; so a request is safe when the process that answered it still runs that long afterwards.
 */
export class Unconfirmed {
  #bodies: Body[] = [];
  #bytes = 0;

  /** In memory; see `heldBy`. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#bodies.length;
  }

  add(body: Body): void {
    this.#bodies.push(body);
    this.#bytes += heldBy(body);
  }

  /** @param asked when the engine was asked for its life, by the steady clock; what was answered `settleMs` before is safe. */
  look(life: string, asked: number, settleMs: number): { safe: Body[]; lost: Body[] } {
    const safe: Body[] = [];
    const lost: Body[] = [];
    this.#bodies = this.#bodies.filter((body) => {
      if (body.life !== life) lost.push(body);
      else if (body.answered + settleMs <= asked) safe.push(body);
      else return true;
      this.#bytes -= heldBy(body);
      return false;
    });
    return { safe, lost };
  }

  /** Takes all of them out. */
  clear(): Body[] {
    const all = this.#bodies;
    this.#bodies = [];
    this.#bytes = 0;
    return all;
  }
}
