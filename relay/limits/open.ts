import type { Clock } from '../../lib/clock.ts';
import type { CardinalityConfig } from '../../lib/limits/config.ts';
import { growthEvent } from '../../lib/limits/growth-event.ts';
import { type CardinalityGuard, openGuard } from '../../lib/limits/guard.ts';
import type { Logger } from '../../lib/log.ts';
import type { Registry } from '../../lib/metrics.ts';
import type { OwnEvents } from '../own-events.ts';
import type { SeriesJudge } from '../shape/contract.ts';

/** The limits of a relay, while it is up. */
export interface RelayLimits extends CardinalityGuard {
  /** For who shapes frames on their way to the core. */
  readonly judge: SeriesJudge;
}

/**
 * Puts the limits on series together.
 * @throws HeliographError HG_CONFIG_* for a file of orders that is not good at the start
 */
export function openLimits(options: {
  readonly config: CardinalityConfig;
  /** Among how many workers the relay's hosts are divided. */
  readonly workers: number;
  readonly relay: string;
  readonly events: OwnEvents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Registry;
}): RelayLimits {
  const { relay, events } = options;
  const guard = openGuard({
    ...options,
    prefix: 'heliograph_relay',
    told: (what) => {
      const { type, host, facts } = growthEvent(what);
      events.tell(type, host, { ...facts, relay });
    },
  });
  return { ...guard, judge: guard.limits };
}
