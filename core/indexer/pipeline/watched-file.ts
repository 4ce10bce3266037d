import { readFile, stat } from 'node:fs/promises';
import type { Logger } from '../../../lib/log.ts';
import type { Registry } from '../../../lib/metrics.ts';

export interface WatchedFileOptions<T> {
  /** What it is, in metrics and messages: `catalogue`, `geoip`. */
  readonly kind: string;
  readonly file: string;
  /** Makes of the bytes what is used; throws where they are of no use. */
  readonly load: (bytes: Buffer) => T;
  /** Puts an error into words that say what to mend. */
  readonly explain: (error: unknown) => Error;
  readonly log: Logger;
  readonly registry: Registry;
}

/** A file that is read again when it changes. A version that cannot be used is refused, told once, and the one before stays in force. */
export class WatchedFile<T> {
  readonly #options: WatchedFileOptions<T>;
  readonly #count: (outcome: 'taken' | 'refused') => void;
  #seen = '';
  #value: T | null = null;
  #good = false;

  constructor(options: WatchedFileOptions<T>) {
    this.#options = options;
    const { kind, registry } = options;
    const loads = registry.counter(
      'heliograph_core_indexer_file_loads_total',
      'Versions of the catalogue and of the GeoIP database that were read, by outcome',
    );
    this.#count = (outcome) => loads.inc({ file: kind, outcome });
    for (const outcome of ['taken', 'refused']) loads.inc({ file: kind, outcome }, 0);
    goodFiles(registry).set(kind, () => this.#good);
  }

  /** What is in force; null: no good version was ever there. */
  get value(): T | null {
    return this.#value;
  }

  /** Looks whether the file changed, and takes it up. Gives the reason when its present version was refused just now. */
  async look(): Promise<Error | null> {
    const { kind, file, load, explain, log } = this.#options;
    let seen = 'none';
    try {
      const { mtimeMs, size, ino } = await stat(file);
      seen = `${mtimeMs}/${size}/${ino}`;
      if (seen === this.#seen) return null;
      this.#value = load(await readFile(file));
      this.#good = true;
      this.#seen = seen;
      this.#count('taken');
      log.info('a file of the log pipeline is in force', { kind, file });
      return null;
    } catch (error) {
      if (seen === this.#seen) return null;
      this.#seen = seen;
      this.#good = false;
      this.#count('refused');
      const refused = explain(error);
      log.error('a file of the log pipeline cannot be used; the version before, if there was one, stays in force', {
        kind,
        file,
        'error.message': refused.message,
      });
      return refused;
    }
  }
}

const registered = new WeakMap<Registry, Map<string, () => boolean>>();

/** The files of a registry, by kind; shown as one gauge. */
function goodFiles(registry: Registry): Map<string, () => boolean> {
  let files = registered.get(registry);
  if (files === undefined) {
    const all = new Map<string, () => boolean>();
    registry
      .gauge('heliograph_core_indexer_file_current', '1: the file as it is now is in force, 0: it was refused')
      .collect(() => [...all].map(([file, good]) => [{ file }, good() ? 1 : 0] as const));
    registered.set(registry, all);
    files = all;
  }
  return files;
}
