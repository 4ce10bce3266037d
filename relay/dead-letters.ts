import type { JournalFiles } from '../lib/journal/contract.ts';
import type { Logger } from '../lib/log.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import type { Block } from './block.ts';
import { writeDurably } from './durable-file.ts';

/**
 * Frames the core will never take: one block file each, as it was sent, in a folder with a cap. `<class>-<code>-<boot>-<id>.block`.
 * Beyond the cap they are counted and logged only.
 */
export class DeadLetters {
  readonly #directory: string;
  readonly #files: JournalFiles;
  readonly #maxBytes: number;
  readonly #boot: string;
  readonly #log: Logger;
  readonly #frames: Counter;
  #bytes = 0;

  private constructor(options: {
    directory: string;
    files: JournalFiles;
    maxBytes: number;
    boot: string;
    log: Logger;
    metrics: Registry;
  }) {
    this.#directory = options.directory;
    this.#files = options.files;
    this.#maxBytes = options.maxBytes;
    this.#boot = options.boot;
    this.#log = options.log;
    this.#frames = options.metrics.counter(
      'heliograph_relay_dead_letter_frames_total',
      'Frames the core refused for good, by class, code and whether they were kept.',
    );
  }

  static async open(options: {
    directory: string;
    files: JournalFiles;
    maxBytes: number;
    boot: string;
    log: Logger;
    metrics: Registry;
  }): Promise<DeadLetters> {
    const letters = new DeadLetters(options);
    await options.files.mkdir(options.directory);
    for (const name of await options.files.list(options.directory)) {
      const file = await options.files.open(`${options.directory}/${name}`, false);
      letters.#bytes += await file.size();
      await file.close();
    }
    return letters;
  }

  async put(block: Block, code: string, message: string): Promise<void> {
    const kept = this.#bytes + block.payload.length <= this.#maxBytes;
    const name = `${block.class}-${code.replaceAll(/[^A-Za-z0-9_]/g, '_').slice(0, 60)}-${this.#boot}-${block.id}.block`;
    if (kept) {
      await writeDurably(this.#files, `${this.#directory}/${name}`, block.payload);
      this.#bytes += block.payload.length;
    }
    this.#frames.inc({ class: block.class, code, kept: String(kept) }, block.records.length);
    this.#log.warn('the core refused frames for good', {
      class: block.class,
      frames: block.records.length,
      items: block.items,
      code,
      detail: message.slice(0, 500),
      file: kept ? `${this.#directory}/${name}` : undefined,
      fix: kept
        ? undefined
        : 'the folder of dead letters is full: look at it and empty it, or raise forward.deadLetterBytes',
    });
  }
}
