import type { Registry } from '../../lib/metrics.ts';
import type { FrameOutcome } from '../ports/metric-store.ts';

/** The figures that every log store keeps of what is appended, by what became of it. */
export function appendFigures(registry: Registry): (outcomes: readonly FrameOutcome[]) => void {
  const name = (rest: string) => `heliograph_core_log_store_${rest}`;
  const lines = registry.counter(name('lines_total'), 'Lines written since the start.');
  const again = registry.counter(name('repeated_lines_total'), 'Lines of frames that were there already.');
  const refused = registry.counter(name('dropped_lines_total'), 'Lines refused, by reason.');
  return (outcomes) => {
    for (const { written, repeated, dropped } of outcomes) {
      lines.inc({}, written);
      if (repeated > 0) again.inc({}, repeated);
      for (const [reason, n] of Object.entries(dropped)) refused.inc({ reason }, n);
    }
  };
}
