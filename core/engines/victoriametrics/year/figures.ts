import type { Registry } from '../../../../lib/metrics.ts';
import type { YearLedger } from './ledger.ts';
import type { Made } from './maker.ts';

const name = (rest: string) => `heliograph_core_year_${rest}`;

/** What the year's tier counts of itself. */
export function yearFigures(registry: Registry) {
  const windows = registry.counter(name('windows_total'), 'Windows computed, for the first time and again.');
  const series = registry.counter(
    name('series_total'),
    'Series of these windows, each once for every time it was read.',
  );
  const samples = registry.counter(name('samples_total'), 'Samples that were written of them.');
  const seconds = registry.counter(name('seconds_total'), 'Time that reading and computing took.');
  const refused = registry.counter(name('refused_series_total'), 'Series that the year store did not take, by reason.');
  const lost = registry.counter(name('lost_windows_total'), 'Windows that can be computed no more, by reason.');
  return {
    made({ fresh, again, series: read, samples: written, ms }: Made): void {
      if (fresh > 0) windows.inc({ kind: 'first' }, fresh);
      if (again > 0) windows.inc({ kind: 'again' }, again);
      series.inc({}, read);
      samples.inc({}, written);
      seconds.inc({}, ms / 1_000);
    },
    refused: (reason: string) => refused.inc({ reason }),
    lost: (n: number, reason: string) => lost.inc({ reason }, n),
    watch(ledger: YearLedger, lagMs: () => number): void {
      registry
        .gauge(name('late_windows'), 'Windows that wait to be computed again because samples came late.')
        .collect(() => [[{}, ledger.late]]);
      registry
        .gauge(name('lag_seconds'), 'How long ago the last computed window ended.')
        .collect(() => [[{}, lagMs() / 1_000]]);
    },
  };
}
