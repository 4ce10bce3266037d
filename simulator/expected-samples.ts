import type { FleetKind } from './fleet-kind.ts';
import { largestOf } from './rounding.ts';
import type { HostTruth } from './truth.ts';

/** A host's steps, and which of them were seen in the store: for each series a byte a step. */
export class ExpectedSamples {
  readonly truth: HostTruth;
  readonly kind: FleetKind;
  readonly first: number;
  readonly length: number;
  /** By step: the life it was sampled in; -1: it was not. */
  readonly lives: Int32Array;
  readonly acknowledged: Uint8Array;
  readonly seen: Uint8Array;

  constructor(truth: HostTruth, kind: FleetKind) {
    this.truth = truth;
    this.kind = kind;
    ({ first: this.first, length: this.length } = stepsFrom(truth));
    this.lives = new Int32Array(this.length).fill(-1);
    this.acknowledged = new Uint8Array(this.length);
    this.seen = new Uint8Array(this.length * kind.values.count);
    for (const { life, from, to } of truth.steps) {
      this.lives.fill(life, from - this.first, to - this.first + 1);
      this.acknowledged.fill(1, from - this.first, to - this.first + 1);
    }
    for (const [from, to] of truth.openSteps) this.acknowledged.fill(0, from - this.first, to - this.first + 1);
  }

  /** The largest value of a series by size: what a store that rounds measures its rounding by. */
  largest(series: number): number {
    const { values } = this.kind;
    const all = Array.from(this.lives, (life, i) =>
      life < 0 ? 0 : values.at(this.truth.number, life, this.first + i, series),
    );
    return largestOf(all);
  }
}

/** From a host's first step to its last, the pauses between lives included. */
export function stepsFrom({ steps }: HostTruth): { first: number; length: number } {
  const first = steps[0]!.from;
  return { first, length: steps.at(-1)!.to - first + 1 };
}
