import { type LabelMap, labelMap } from '../../../lib/relabel/labels.ts';
import type { Relabeler } from '../../../lib/relabel/relabeler.ts';
import { KEPT } from '../../../lib/relabel/rule.ts';
import type { PageSeries } from '../../../proto/page.ts';
import { SELF_PREFIX } from '../self-source.ts';
import { DroppedSeries } from './dropped-series.ts';
import { sendableSeries } from './sendable-series.ts';
import type { Slot } from './series-table.ts';

/** How labels become a series of a page. */
export type SeriesForm = (name: string, labels: Iterable<readonly [string, string]>) => PageSeries;

/** The configuration's `relabel`, applied to a series when it is first seen, not to each of its samples. */
export class SeriesRules {
  readonly #relabeler: Relabeler;
  /** By the rule that dropped them. */
  readonly byRule: readonly DroppedSeries[];
  /** The rules left no name. */
  readonly #unnamed = new DroppedSeries('relabel_name');
  /** The rules made two series one: the first of a collection is sent. */
  readonly #twice = new DroppedSeries('relabel_duplicate');

  constructor(relabeler: Relabeler) {
    this.#relabeler = relabeler;
    this.byRule = relabeler.rules.map(() => new DroppedSeries('relabel'));
  }

  /**
   * The series as it is sent. What the collector tells of itself passes as it is: it says what the rules do.
   * @param form makes a series of a name and labels that the rules left; without it the series is of the collector's own sources
   */
  apply(series: PageSeries, form: SeriesForm | null = null): PageSeries | DroppedSeries {
    if (form === null && series.name.startsWith(SELF_PREFIX)) return series;
    const labels = labelMap([['__name__', series.name], ...series.labels]);
    const dropped = this.#relabeler.apply(labels);
    if (dropped !== KEPT) return this.byRule[dropped]!;
    return relabelledSeries(labels, form ?? sendableSeries) ?? this.#unnamed;
  }

  /** The slot of a sample that is sent; null, and counted: it is not. @param tick the collection */
  sent(slot: Slot | DroppedSeries, tick: number): Slot | null {
    if (!(slot instanceof DroppedSeries) && slot.tick !== tick) return slot;
    (slot instanceof DroppedSeries ? slot : this.#twice).count();
    return null;
  }

  /** Samples that were dropped since the last call, by reason. */
  report(told: (reason: string, samples: number) => void): void {
    for (const dropped of [...this.byRule, this.#unnamed, this.#twice]) {
      if (dropped.samples > 0) told(dropped.reason, dropped.samples);
      dropped.samples = 0;
    }
  }
}

/** Labels after the rules as a series: those that begin with `__` were for the rules only. Null: no name is left. */
export function relabelledSeries(labels: LabelMap, form: SeriesForm = sendableSeries): PageSeries | null {
  const name = labels.get('__name__');
  if (name === undefined) return null;
  return form(
    name,
    [...labels].filter(([label]) => !label.startsWith('__')),
  );
}
