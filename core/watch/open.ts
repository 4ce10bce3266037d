import { type Clock, steadyTime } from '../../lib/clock.ts';
import { hostPort } from '../../lib/host-port.ts';
import type { Logger } from '../../lib/log.ts';
import type { Registry } from '../../lib/metrics.ts';
import { openTeller } from '../../lib/watch/open.ts';
import type { Alerts } from '../alerts/open.ts';
import type { Health } from '../api/health.ts';
import type { CoreConfig } from '../config.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { SilenceAlerts } from './silence-alerts.ts';

export interface WatchParts {
  readonly config: Pick<CoreConfig, 'watch' | 'alerts' | 'tls'>;
  readonly fleet: Pick<Fleet, 'host'>;
  /** Null: this process answers nobody, and raises no alarm. */
  readonly alerts: Pick<Alerts, 'book'> | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
  readonly health: Health;
}

/** How often it is looked who is silent, ms. */
const LOOK_EVERY_MS = 1000;
const PART = 'watch';

/** What keeps cores and watches in each other's sight: this core tells its watches how it is, misses them when they are silent, and misses tiers that should tell it. */
export function openWatch(parts: WatchParts): { close(): Promise<void> } {
  const { config, alerts, registry, log } = parts;
  const tiers = alerts && config.alerts.tiers.expect.length > 0 ? silentTiers(parts, alerts) : null;
  const watches = alerts && config.watch ? silentWatches(parts, alerts) : null;
  const teller = config.watch
    ? openTeller({
        ...{ watch: config.watch, tls: config.tls, log, registry, prefix: 'heliograph_core_', job: 'core' },
        page: () => registry.render(),
        heard: (address, trouble) => {
          if (trouble === null) watches?.heard(address);
          else watches?.failed(address, trouble);
        },
      })
    : null;
  const look = tiers || watches ? setInterval(() => lookAt(parts, tiers, watches), LOOK_EVERY_MS) : null;
  return {
    close: async () => {
      if (look) clearInterval(look);
      await teller?.close();
    },
  };
}

interface SilentTiers {
  look(): void;
}

function silentTiers({ config, fleet, clock }: WatchParts, { book }: Pick<Alerts, 'book'>): SilentTiers {
  const { expect, silent } = config.alerts.tiers;
  const alerts = new SilenceAlerts({
    ...{ book, name: 'TierSilent', label: 'instance', expected: expect, silentMs: silent },
    ...{ now: () => clock.now(), steady: steadyTime(clock) },
    words: (tier, seconds) => ({
      summary: `${tier} has told nothing of itself for ${seconds} s`,
      description:
        'It is down, hangs, or cannot reach this watch. Its machine, its log, and whether its section watch names this one: docs/watch.md.',
    }),
  });
  // What came before this process began is no sign of life.
  const seen = new Map(expect.map((tier) => [tier, fleet.host(tier)?.lastSeen ?? 0]));
  return {
    look() {
      for (const tier of expect) {
        const last = fleet.host(tier)?.lastSeen ?? 0;
        if (last === seen.get(tier)) continue;
        seen.set(tier, last);
        alerts.heard(tier);
      }
      alerts.look();
    },
  };
}

function silentWatches({ config, clock }: WatchParts, { book }: Pick<Alerts, 'book'>): SilenceAlerts {
  const { to, silent } = config.watch!;
  return new SilenceAlerts({
    ...{ book, name: 'WatchSilent', label: 'watch', silentMs: silent },
    expected: to.map(hostPort),
    ...{ now: () => clock.now(), steady: steadyTime(clock) },
    words: (watch, seconds, why) => ({
      summary: `The watch at ${watch} has not said for ${seconds} s that it is well`,
      description: `Nobody raises the alarm now when this instance falls silent. ${why ?? 'It was not reached yet.'}`,
    }),
  });
}

function lookAt({ health, log }: WatchParts, ...looking: readonly (SilentTiers | null)[]): void {
  try {
    for (const one of looking) one?.look();
    health.well(PART);
  } catch (error) {
    if (health.ill(PART, String(error)))
      log.error('who is silent cannot be told; trying again', { 'error.message': String(error) });
  }
}
