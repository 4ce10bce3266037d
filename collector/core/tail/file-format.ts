import type { MultilineSettings } from './multiline.ts';

/** How the bytes of a file become records. */
export interface FileFormat {
  /** What a container runtime writes (Docker's json-file, or CRI), and not lines as they are. */
  readonly container: boolean;
  readonly multiline: MultilineSettings | null;
}
