import { escapedLabel } from './door-sender.ts';
import type { PageSeries } from './page.ts';

/**
 * The label by which a collector names whom a series is of, where its certificate grants it to speak for others (gear that it polls, targets that it
 * scrapes): it is `instance` in the store, in place of the collector's own name. A relay takes no frame that names one which is not granted, and says
 * in its hello since when (`grants_since`): a core believes it of those frames only.
 */
export const SPOKEN_INSTANCE: string = escapedLabel('instance');

/** Whom a series is of. @param host who sent it */
export function instanceOf({ labels }: PageSeries, host: string): string {
  for (const [label, value] of labels) if (label === SPOKEN_INSTANCE) return value;
  return host;
}

/** Whom else than the sender the series of a page are of, each once; null, as nearly always: nobody. */
export function spokenInstances(series: readonly PageSeries[]): string[] | null {
  let spoken: Set<string> | null = null;
  for (const { labels } of series) {
    // Sorted, and `@` stands before all letters: nothing but the first labels need be looked at.
    for (const [label, value] of labels) {
      if (label > SPOKEN_INSTANCE) break;
      if (label !== SPOKEN_INSTANCE) continue;
      spoken ??= new Set();
      spoken.add(value);
    }
  }
  return spoken && [...spoken];
}
