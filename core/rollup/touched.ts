import { HeliographError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { WindowPart } from '../../lib/window-part.ts';
import type { SketchInputs } from '../../proto/sketches.ts';
import type { MetricStore } from '../ports/metric-store.ts';
import type { RollupFigures } from './figures.ts';
import { metricOf, rawKey, rawParts } from './raw-parts.ts';
import type { MergedSample } from './results.ts';
import type { Stay } from './stays.ts';
import type { MergeWindow } from './windows.ts';

export interface TouchedParts {
  readonly raw: Pick<MetricStore, 'export'>;
  /** When a host was at a relay; null: nobody here knows of all relays. */
  readonly stay: ((host: string, relay: string) => Stay) | null;
  readonly figures: Pick<RollupFigures, 'again'>;
  readonly log: Pick<Logger, 'warn'>;
}

export interface TouchedWindow {
  readonly window: MergeWindow;
  readonly inputs: SketchInputs;
  /** ms; what came first of the window may not have said it. */
  readonly interval: number;
}

/** What came of it: parts in place of those that were merged, and marks that say so. */
export interface Recomputed {
  readonly parts: ReadonlyMap<MergeWindow, WindowPart>;
  readonly marks: readonly MergedSample[];
}

/**
 * Computes windows again that a hand-over touched: a host that changes its relay sends once more what was on its way, and its counters are compared with
 * nothing at the relay that takes it in. The store has each frame once, and all samples of a series beside each other.
 */
export class Touched {
  readonly #parts: TouchedParts;

  constructor(parts: TouchedParts) {
    this.#parts = parts;
  }

  /** @throws what the store throws */
  async again(touched: readonly TouchedWindow[]): Promise<Recomputed> {
    const together = new Map<string, TouchedWindow[]>();
    for (const one of touched) {
      const { rule, end, origin, plan } = one.window;
      const key = JSON.stringify([rule, end, origin, plan, one.inputs, one.interval]);
      together.set(key, [...(together.get(key) ?? []), one]);
    }
    const parts = new Map<MergeWindow, WindowPart>();
    const marks = new Map<string, MergedSample>();
    for (const some of together.values()) {
      const found = await this.#read(some);
      if (found === null) continue;
      let done = 0;
      for (const { window } of some) {
        const { name, labels } = window.series;
        const part = found.get(rawKey(metricOf(name), labels));
        if (!part) continue;
        parts.set(window, part);
        done++;
        marks.set(`${window.rule} ${window.end} ${window.origin?.relay}`, markOf(window));
      }
      this.#parts.figures.again('done', done);
      this.#parts.figures.again('no_samples', some.length - done);
    }
    return { parts, marks: [...marks.values()] };
  }

  async #read(some: readonly TouchedWindow[]): Promise<ReadonlyMap<string, WindowPart> | null> {
    const { raw, stay, figures, log } = this.#parts;
    const [{ window, inputs, interval }] = some as [TouchedWindow];
    const { rule, end, plan, origin } = window;
    if (interval === 0 || (origin && !stay)) return null;
    const groups = some.map(({ window: { series } }) => series);
    const from = origin && { site: origin.site, stay: (host: string) => stay!(host, origin.relay) };
    try {
      const found = await rawParts(raw, { end, interval, plan, inputs, origin: from, groups });
      if (found) return found;
      figures.again('too_many', some.length);
      log.warn('windows that a hand-over touched have too many raw samples to be computed again', {
        rule,
        groups: some.length,
        end: new Date(end).toISOString(),
      });
    } catch (error) {
      // What a relay calls its inputs cannot be read, and will not be read the next time.
      if (!(error instanceof HeliographError) || !/^HG_QUERY_(SYNTAX|REGEX|LIMIT)$/.test(error.code)) throw error;
      log.warn('what went into a window cannot be asked for', { rule, 'error.message': error.message });
    }
    return null;
  }
}

/** Says that windows of a rule were computed again, beside the relays' heliograph_rollup_partial. */
function markOf({ rule, end, origin }: MergeWindow): MergedSample {
  const own = origin ? ([['relay', origin.relay]] as const) : [];
  const labels = [...own, ['rule', rule] as const, ...(origin ? [['site', origin.site] as const] : [])];
  return { series: { name: 'heliograph_rollup_recomputed', labels }, time: end, value: 1 };
}
