import type { ErrorCode } from '../../lib/errors.ts';
import type { Counter, Registry } from '../../lib/metrics.ts';
import type { SketchFate, Windows } from './windows.ts';

const CODES: Partial<Record<SketchFate, ErrorCode>> = {
  late: 'HG_ROLLUP_LATE',
  future: 'HG_ROLLUP_FUTURE',
  other_plan: 'HG_ROLLUP_PLAN',
  no_room: 'HG_ROLLUP_ROOM',
};

/** What becomes of the sketches of relays, as figures of the core. */
export class RollupFigures {
  readonly #sketches: Counter;
  readonly #refused: Counter;
  readonly #written: Counter;
  readonly #again: Counter;

  constructor(registry: Registry, refused: Counter) {
    this.#refused = refused;
    this.#sketches = registry.counter(
      'heliograph_core_rollup_sketches_total',
      'Sketches of windows that relays sent, by what became of them',
    );
    this.#written = registry.counter(
      'heliograph_core_rollup_windows_total',
      'Windows of one group that were merged and written; `revised`: once more, for a sketch that came later. Label `how`',
    );
    this.#again = registry.counter(
      'heliograph_core_rollup_recomputed_total',
      'Windows of one group that a hand-over touched and that were computed again from raw samples, `how`: `done`, `too_many` samples to be read, or `no_samples` in the store',
    );
  }

  /** Groups of which a host changed its relay, by what became of them. */
  again(how: 'done' | 'too_many' | 'no_samples', groups: number): void {
    this.#again.inc({ how }, groups);
  }

  /** What waits, of the process that merges. */
  watch(registry: Registry, windows: Windows): void {
    registry
      .gauge('heliograph_core_rollup_windows_waiting', 'Windows of one group that are remembered')
      .collect(() => [[{}, windows.size]]);
    registry
      .gauge('heliograph_core_rollup_waiting_bytes', 'Bytes of sketches in memory')
      .collect(() => [[{}, windows.bytes]]);
  }

  count(fate: SketchFate): void {
    this.#sketches.inc({ fate });
    const code = CODES[fate];
    if (code) this.#refused.inc({ code });
  }

  /** Of records that are none, by the code of what is wrong with them. */
  undecodable(code: ErrorCode): void {
    this.#sketches.inc({ fate: 'undecodable' });
    this.#refused.inc({ code });
  }

  /** Of questions that the store refuses for good: what was written before is not known then. */
  unanswered(code: ErrorCode): void {
    this.#refused.inc({ code });
  }

  /** Sketches that did not come to be merged. */
  refuse(code: ErrorCode, sketches: number): void {
    this.#sketches.inc({ fate: 'no_room' }, sketches);
    this.#refused.inc({ code }, sketches);
  }

  wrote(again: boolean): void {
    this.#written.inc({ how: again ? 'revised' : 'first' });
  }
}
