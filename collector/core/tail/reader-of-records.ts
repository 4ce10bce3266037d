import { ContainerRecords } from './container-records.ts';
import type { FileFormat } from './file-format.ts';
import { Multiline } from './multiline.ts';

/** What reads records out of one followed file, where they are not just its lines. */
export interface ReaderOfRecords {
  /** How long a last record waits for what may go on with it, ms. */
  readonly waitMs: number;
  readonly multiline: Multiline | null;
  readonly container: ContainerRecords | null;
}

export function readerOfRecords(format: FileFormat | null, longest: number): ReaderOfRecords | null {
  if (format === null || (!format.container && format.multiline === null)) return null;
  const { container, multiline } = format;
  return {
    waitMs: multiline?.waitMs ?? Number.POSITIVE_INFINITY,
    multiline: multiline === null || container ? null : new Multiline(multiline),
    container: container ? new ContainerRecords(multiline, longest) : null,
  };
}
