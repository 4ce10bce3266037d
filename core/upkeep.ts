import type { Logger } from '../lib/log.ts';
import type { Registry } from '../lib/metrics.ts';
import type { Health } from './api/health.ts';
import type { CoreConfig } from './config.ts';
import type { Fleet } from './fleet/fleet.ts';
import type { Reports } from './ledger/reports.ts';
import type { LetterOffice } from './letters/office.ts';
import type { Stores } from './stores.ts';

export interface UpkeepParts {
  readonly config: CoreConfig;
  readonly stores: Stores;
  readonly letters: Pick<LetterOffice, 'purge' | 'sweep'>;
  readonly fleet: Fleet;
  readonly reports: Reports;
  readonly registry: Registry;
  readonly health: Health;
  readonly log: Logger;
  readonly now: () => number;
}

const SAVE_MS = 100;
/** Some ms of work: a host is a row that stands anywhere in the table. */
const SAVE_HOSTS = 150;
const LAG_MS = 1000;
/** How often objects of dead letters are deleted that a kill or an outage left behind. */
const SWEEP_MS = 60_000;

/** What is done beside the data: retention, the fleet's memory, and the figures that must be asked for. Returns how to stop it. */
export function startUpkeep(parts: UpkeepParts): () => Promise<void> {
  const { config, stores, fleet, registry, health, log, now } = parts;
  let lag: Awaited<ReturnType<Stores['bus']['lag']>> = [];
  registry
    .gauge('heliograph_core_bus_lag_records', 'Frames on the bus that are not indexed yet, by topic')
    .collect(() => lag.map(({ topic, records }) => [{ topic }, records] as const));
  registry
    .gauge('heliograph_core_bus_lag_bytes', 'Bytes on the bus that are not indexed yet, by topic')
    .collect(() => lag.map(({ topic, bytes }) => [{ topic }, bytes] as const));
  registry.gauge('heliograph_core_hosts', 'Hosts by state').collect(() => {
    return Object.entries(fleet.states()).map(([state, hosts]) => [{ state }, hosts] as const);
  });

  const stopRetention = repeat(config.retention.every, async () => {
    try {
      await Promise.all([stores.metrics.retain(now()), stores.logs.retain(now())]);
      const { letters } = await parts.letters.purge({ end: now() - config.retention.deadLetters }, false);
      if (letters > 0) log.info('dead letters past their retention were purged', { letters });
      health.well('retention');
    } catch (error) {
      // Data that is older than it may be is no reason to stop; somebody must hear of it.
      health.ill('retention', String(error));
      log.error('the retention could not be applied', { 'error.message': String(error) });
    }
  });
  const stopSaving = repeat(SAVE_MS, async () => {
    try {
      fleet.save(SAVE_HOSTS);
      parts.reports.save();
      health.well('fleet memory');
    } catch (error) {
      // In memory all of it stands, and the relays say it again after a restart.
      if (health.ill('fleet memory', String(error))) {
        log.error('what is known of the fleet could not be saved; it is tried again', {
          'error.message': String(error),
        });
      }
    }
  });
  const stopSweeping = repeat(SWEEP_MS, async () => {
    try {
      await parts.letters.sweep();
    } catch (error) {
      log.warn('objects of dead letters that are gone could not be deleted; they are tried again', {
        'error.message': String(error),
      });
    }
  });
  const stopLooking = repeat(LAG_MS, async () => {
    lag = await stores.bus.lag();
  });
  return async () => {
    await Promise.all([stopRetention(), stopSaving(), stopSweeping(), stopLooking()]);
  };
}

/** Runs again and again, never twice at once; the first time after one interval. The stop waits for a run under way. */
function repeat(ms: number, run: () => Promise<void>): () => Promise<void> {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer = setTimeout(turn, ms);
  function turn(): void {
    running = run().finally(() => {
      if (!stopped) timer = setTimeout(turn, ms);
    });
  }
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
