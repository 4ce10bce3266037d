import { executionError } from './errors.ts';
import type { Labels } from './labels.ts';
import { signatureOf } from './labels.ts';

/** One series of a result: a value at each step of the query, where `present` is 1. */
export interface Row {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

export interface ScalarValue {
  readonly type: 'scalar';
  readonly values: Float64Array;
}
export interface VectorValue {
  readonly type: 'vector';
  readonly rows: Row[];
}
export interface StringValue {
  readonly type: 'string';
  readonly value: string;
}
/** What a node evaluates to, over all steps at once. */
export type Value = ScalarValue | VectorValue | StringValue;

const SAME_LABELS = 'vector cannot contain metrics with the same labelset';

/** Rows by label set, made as they are needed. Two values of one label set at one step are an error, as in Prometheus. */
export class RowSet {
  readonly #bySignature = new Map<string, Row>();
  readonly #steps: number;
  readonly #charge: (samples: number) => void;

  constructor(steps: number, charge: (samples: number) => void) {
    this.#steps = steps;
    this.#charge = charge;
  }

  row(labels: Labels): Row {
    const signature = signatureOf(labels);
    let row = this.#bySignature.get(signature);
    if (row === undefined) {
      row = this.fresh(labels);
      this.#bySignature.set(signature, row);
    }
    return row;
  }

  /** An empty row that is in no set yet; `add` takes it in when it has a value. */
  fresh(labels: Labels): Row {
    this.#charge(this.#steps);
    return { labels, values: new Float64Array(this.#steps), present: new Uint8Array(this.#steps) };
  }

  /** Takes a whole row. A second one of its label set is refused even where their steps differ, as Prometheus does for functions over ranges. */
  add(row: Row): void {
    if (!row.present.includes(1)) return;
    const signature = signatureOf(row.labels);
    if (this.#bySignature.has(signature)) throw executionError(SAME_LABELS);
    this.#bySignature.set(signature, row);
  }

  rows(): Row[] {
    return [...this.#bySignature.values()].filter((row) => row.present.includes(1));
  }
}

/** Sets a value, and refuses the second one of a step. */
export function put(row: Row, step: number, value: number): void {
  if (row.present[step] === 1) throw executionError(SAME_LABELS);
  row.present[step] = 1;
  row.values[step] = value;
}
