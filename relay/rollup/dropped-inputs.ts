import type { Counter, Registry } from '../../lib/metrics.ts';
import type { PageSeries } from '../../proto/page.ts';
import type { PageJudge } from '../shape/page-judge.ts';
import type { RollupEngine } from './engine.ts';

/** Says which samples do not go on to the core because a rule drops its inputs. The journal has them until the roll-ups are durable. */
export class DroppedInputs implements PageJudge {
  readonly reason = 'rolled_up';
  readonly #engine: RollupEngine;
  readonly #samples: Counter;
  #changes = 0;
  #active = false;

  constructor(engine: RollupEngine, metrics: Registry) {
    this.#engine = engine;
    this.#samples = metrics.counter(
      'heliograph_relay_rollup_inputs_dropped_total',
      'Samples taken out of frames on their way to the core, because a rule drops its inputs.',
    );
  }

  get active(): boolean {
    return this.#engine.drops;
  }

  /** Whether there is room for what rules remember is part of the answer. */
  get version(): number {
    if (this.active !== this.#active) this.#changes++;
    this.#active = this.active;
    return this.#changes + this.#engine.revision;
  }

  dropped(page: { readonly hash: string; readonly series: readonly PageSeries[] }, host: string): readonly number[] {
    return this.#engine.dropped(page, host);
  }

  count(samples: number): void {
    this.#samples.inc({}, samples);
  }
}
