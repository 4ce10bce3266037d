import { HeliographError } from '../../../lib/errors.ts';
import type { Host } from '../host.ts';
import type { Paths } from './paths.ts';
import type { Trouble } from './trouble.ts';

/**
 * Labels as [key, value, key, value ...], sorted by key: the form of a series in a definition page. `SourceContext.labels` gives the
 * same array for the same labels every time, so a sampler may know a series by (name, array) without building a key.
 */
export type Labels = readonly string[];

/** Takes samples. Steady state allocates nothing: names are constants or cached, labels are shared. */
export interface SampleSink {
  add(name: string, labels: Labels, value: number): void;
  /** The same where nothing of the same collection has said that series before; false: it is said, and keeps its value. */
  addFirst?(name: string, labels: Labels, value: number): boolean;
}

/** What a source reads with and writes to. One context lives as long as the collector. */
export interface SourceContext {
  readonly host: Host;
  readonly paths: Paths;
  readonly sink: SampleSink;
  /** What could not be read. */
  readonly trouble: Trouble;
  /**
   * The text of a file under the root; null if there is no such thing here (no file, no such device, not supported): that is no
   * failure. Throws SourceError if it is there and cannot be read, or is larger than MOST_BYTES.
   */
  text(path: string): string | null;
  /** Names in a folder, sorted; null if there is none. */
  names(path: string): string[] | null;
  labels(...pairs: string[]): Labels;
  /** A name built from parts, built once: `name('node_memory_', 'MemFree', '_bytes')`. */
  metric(prefix: string, key: string, suffix: string): string;
}

/** One subsystem. `collect` adds its samples; what is missing on this machine gives no samples and no error. */
export interface Source {
  readonly name: string;
  collect(context: SourceContext): void;
}

export const NO_LABELS: Labels = [];

/** A source could not read what is there: code HG_COLLECTOR_SOURCE. Nothing but that is lost. */
export class SourceError extends HeliographError {
  readonly path: string;
  readonly errno: number;

  constructor(path: string, errno: number) {
    super('HG_COLLECTOR_SOURCE', `${path}: ${errno === 0 ? 'larger than a source reads' : `error ${errno}`}`, {
      path,
      errno,
    });
    this.path = path;
    this.errno = errno;
  }
}
