import type { OutputSeries } from './output-series.ts';
import type { Output } from './outputs/contract.ts';
import type { LabelPairs } from './series-labels.ts';

/** One window of a group that is not closed yet. */
export interface OpenWindow {
  readonly end: number;
  /** Of the rule's outputs, in their order. */
  readonly states: unknown[];
  /** It has samples of a host that came from another relay while they were on their way, or that was compared with none for that. */
  touched?: boolean;
}

/** The series of a rule that have one set of labels left, and what is computed of them. */
export interface Group {
  readonly metric: string;
  /** Without the name, sorted by name. */
  readonly labels: LabelPairs;
  /** In no order; nearly always one or two. */
  windows: OpenWindow[];
  /** By output: what goes on from window to window. */
  readonly carried: number[];
  /** By output and its own label's value. */
  readonly written: Map<string, OutputSeries>;
}

export function newGroup(metric: string, labels: LabelPairs, outputs: number): Group {
  return {
    metric,
    labels,
    windows: [],
    carried: new Array<number>(outputs).fill(0),
    written: new Map(),
  };
}

/** The window of a group that ends then, begun where it is not there. */
export function windowOf(group: Group, end: number, outputs: readonly Output[]): OpenWindow {
  const { windows } = group;
  for (let i = windows.length - 1; i >= 0; i--) if (windows[i]!.end === end) return windows[i]!;
  const window = { end, states: outputs.map((output) => output.start()) };
  windows.push(window);
  return window;
}
