import type { Clock } from '../../lib/clock.ts';
import type { CardinalityConfig } from '../../lib/limits/config.ts';
import { growthEvent } from '../../lib/limits/growth-event.ts';
import { type CardinalityGuard, openGuard } from '../../lib/limits/guard.ts';
import type { Logger } from '../../lib/log.ts';
import type { Registry } from '../../lib/metrics.ts';
import type { Event } from '../../proto/event.ts';

/** How often orders, alarms and generations are looked at. */
const EVERY_MS = 1000;
/** Events that wait while the bus takes none; beyond, they are counted only. */
const WAITING = 1000;

/** The limits of a core's own doors, while it is up. */
export interface DoorLimits extends CardinalityGuard {
  /** Who writes down what the core has to say; what was told before waits for him. */
  tellTo(publish: (event: Event) => Promise<void>): void;
  close(): void;
}

/**
 * Puts the limits on what comes by doors together: the same as a relay's.
 * @throws HeliographError HG_CONFIG_* for a file of orders that is not good at the start
 */
export function openDoorLimits(options: {
  readonly config: CardinalityConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Registry;
}): DoorLimits {
  const { clock, log, metrics } = options;
  const dropped = metrics.counter(
    'heliograph_core_own_events_dropped_total',
    'Own events given up while the bus took none.',
  );
  const waiting: Event[] = [];
  let publish: ((event: Event) => Promise<void>) | null = null;
  let busy = false;
  const flush = async () => {
    if (busy || publish === null) return;
    busy = true;
    try {
      for (; waiting.length > 0; waiting.shift()) await publish(waiting[0]!);
    } catch (error) {
      log.error('an own event cannot be published; trying again', {
        waiting: waiting.length,
        'error.message': String(error),
      });
    } finally {
      busy = false;
    }
  };
  const guard = openGuard({
    ...options,
    workers: 1,
    prefix: 'heliograph_core_door',
    told: (what) => {
      if (waiting.length >= WAITING) dropped.inc();
      else waiting.push({ time: clock.now(), ...growthEvent(what) });
    },
  });
  const timer = setInterval(() => {
    guard.tick();
    void flush();
  }, EVERY_MS);
  return {
    ...guard,
    tellTo: (to) => {
      publish = to;
    },
    close: () => clearInterval(timer),
  };
}
