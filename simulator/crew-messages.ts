import type { CrewSetup } from './crew.ts';
import type { Phase } from './phase.ts';
import type { Snapshot } from './stats.ts';
import type { HostTruth } from './truth.ts';

/** What a process with hosts is told; each is answered with `done`. */
export type ToCrew =
  | { readonly do: 'start'; readonly setup: CrewSetup }
  | { readonly do: 'phase'; readonly phase: Phase }
  | { readonly do: 'end' }
  | { readonly do: 'stop'; readonly withinMs: number };

/** What it says. */
export type FromCrew =
  | { readonly snapshot: Snapshot }
  | { readonly truths: readonly HostTruth[] }
  | { readonly done: true };
