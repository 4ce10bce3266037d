import type { PageSeries } from '../../../proto/page.ts';
import { SPOKEN_INSTANCE } from '../../../proto/spoken-instance.ts';
import { sendableLabel } from '../sampling/sendable-series.ts';
import type { SeriesForm } from '../sampling/series-rules.ts';

/** Whom a collector may speak for. */
export interface Speaker {
  /** The collector's own name: what it says of itself needs no grant. */
  readonly name: string;
  /** Whether the certificate grants it that instance. */
  readonly mayName: (instance: string) => boolean;
}

/**
 * Makes a series of a page out of labels with an `instance`: the collector's own needs no label, one that it may speak for is the series' instance, and
 * any other becomes `exported_instance`. Other labels are as in `sendableSeries`.
 */
export function spokenForm({ name: own, mayName }: Speaker): SeriesForm {
  return (name, labels): PageSeries => {
    const all = new Map<string, string>();
    for (const [label, value] of labels) {
      if (value === '' || (label === 'instance' && value === own)) continue;
      all.set(label === 'instance' && mayName(value) ? SPOKEN_INSTANCE : sendableLabel(label), value);
    }
    return { name, labels: [...all].sort((a, b) => (a[0] < b[0] ? -1 : 1)) };
  };
}
