import type { LineConsumer } from '../tail/contract.ts';
import type { FilePosition } from '../tail/positions.ts';

/**
 * Lines that come from something else than followed files. What it reads is named by identities whose `id` begins with its name and a colon, and places in
 * it are whole numbers that only grow: so what is durable of it is known in the same way as of a file.
 */
export interface LineSource {
  /** Letters only: `journald`. */
  readonly name: string;
  /** @param positions of its identities, as they are durable: it goes on there */
  start(consumer: LineConsumer, positions: readonly FilePosition[]): void;
  /** Gives nothing more, once what had come is given. */
  stop(): void | Promise<void>;
  /** Its counters and gauges, by the name that stands behind `heliograph_collector_`. */
  figures(): Readonly<Record<string, number>>;
  /** Those that have labels. */
  labelled?(): Iterable<LabelledFigure>;
}

/** A figure with labels: name, value, name, value ... */
export interface LabelledFigure {
  /** Behind `heliograph_collector_`. */
  readonly name: string;
  readonly labels: readonly string[];
  readonly value: number;
}

/** Whose position it is: a source's by name, '' a file's. */
export function sourceOf(position: FilePosition): string {
  const { id } = position.file;
  return id.slice(0, Math.max(0, id.indexOf(':')));
}
