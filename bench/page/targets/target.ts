import type { Kind } from '../kinds.ts';

/** One line of the table of targets: which figures of which run stand beside which target. */
export interface Target {
  readonly what: string;
  /** The figures' names in a section. A group in it is said before each figure, where there are several. */
  readonly figures: RegExp;
  /** Whether a section is of such a run; of several the one with the most hosts counts, then the newest. */
  readonly of: Kind;
  /** What it should be at least, or at most; without either the targets count that stand in the section, where there are some. */
  readonly least?: number;
  readonly most?: number;
  /** What makes such a run, where there is none. */
  readonly command: string;
}

/** What the table says one below the other; a part has a heading of its own. */
export interface TargetPart {
  readonly part: string;
  /** What a run must be for its verdict to count in full; unless given, any does. */
  readonly full?: Kind;
  readonly targets: readonly Target[];
}

/** The command that runs a benchmark. @param text its name, and what it is told */
export function run(text: string): string {
  return `npm run bench -- ${text}`;
}
