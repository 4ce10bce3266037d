import type { Source } from '../../collector/core/sources/source.ts';
import { NO_LABELS } from '../../collector/core/sources/source.ts';

/** When it crossed its threshold, s since the epoch; 0: it is below. So the time is known when somebody hears of it. */
export const CANARY_METRIC = 'heliograph_canary_crossed_seconds';

/**
 * What a canary measures: above its threshold for a while, again and again.
 * @param everyMs from one crossing to the next @param upMs how long it stays above
 */
export function canarySource(everyMs: number, upMs: number): Source {
  let turn = Number.NaN;
  let crossed = 0;
  return {
    name: 'canary',
    collect({ host, sink }) {
      const now = host.now();
      const current = Math.floor(now / everyMs);
      if (now - current * everyMs >= upMs) crossed = 0;
      else if (current !== turn) {
        turn = current;
        crossed = now / 1000;
      }
      sink.add(CANARY_METRIC, NO_LABELS, crossed);
    },
  };
}
