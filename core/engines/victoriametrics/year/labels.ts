import type { LabelLimits } from '../../../metrics/target-labels.ts';
import type { SeriesSamples } from '../../../ports/metric-store.ts';
import { encodeLabels } from '../series-bytes.ts';
import { AGGREGATES, WINDOW_LABEL, windowLabel } from './window.ts';

/** The labels of a series' windows as remote write has them: those of the series, encoded once, with one more for each aggregate. */
export class WindowLabels {
  readonly #own: readonly Buffer[];
  readonly #longest: number;
  #limits: LabelLimits;

  constructor(windowMs: number, limits: LabelLimits) {
    this.#own = AGGREGATES.map((aggregate) => encodeLabels([WINDOW_LABEL, windowLabel(aggregate, windowMs)]));
    this.#longest = Math.max(...AGGREGATES.map((aggregate) => windowLabel(aggregate, windowMs).length));
    this.#limits = limits;
  }

  /** What the engine takes now; lengths in bytes. */
  limit(limits: LabelLimits): void {
    this.#limits = limits;
  }

  /** One for each aggregate; a text is why the engine does not take them. */
  of(labels: SeriesSamples['labels']): Buffer[] | string {
    const pairs: string[] = [];
    for (const name of Object.keys(labels).sort()) pairs.push(name, labels[name]!);
    const why = this.#refusal(pairs);
    if (why !== null) return why;
    const name = encodeLabels(['__name__', labels.__name__ ?? '']);
    // The name comes first, and then all but what begins with a capital letter comes behind the window: sorted, as remote write wants it.
    const rest = encodeLabels(pairs.filter((_, i) => pairs[i & ~1] !== '__name__'));
    return this.#own.map((own) => Buffer.concat([name, own, rest]));
  }

  #refusal(pairs: readonly string[]): string | null {
    const { maxLabels, maxNameLength, maxValueLength } = this.#limits;
    if (pairs.length / 2 + 1 > maxLabels) return 'too_many_labels';
    if (WINDOW_LABEL.length > maxNameLength || this.#longest > maxValueLength) return 'label_too_long';
    for (let i = 0; i < pairs.length; i += 2) {
      if (Buffer.byteLength(pairs[i]!) > maxNameLength || Buffer.byteLength(pairs[i + 1]!) > maxValueLength) {
        return 'label_too_long';
      }
    }
    return null;
  }
}
