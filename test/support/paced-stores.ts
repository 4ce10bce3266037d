import { setTimeout as wait } from 'node:timers/promises';
import { Health } from '../../core/api/health.ts';
import { type CoreConfig, coreConfig } from '../../core/config.ts';
import { openStores, type Stores } from '../../core/stores.ts';
import { systemClock } from '../../lib/clock.ts';
import { HeliographError } from '../../lib/errors.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';

/** The embedded stores, of which the log store is as slow as a test wants it, and both can be gone. */
export interface PacedStores {
  readonly stores: Stores;
  /** Lines the log store takes in a second, all topics together, in the order they come. */
  linesPerSecond: number;
  /** Like an engine that does not answer: whatever is written is refused. */
  gone: boolean;
}

export async function openPacedStores(config: object): Promise<PacedStores> {
  const parsed: CoreConfig = coreConfig.parse(config);
  const stores = await openStores(parsed, {
    log: silentLog,
    clock: systemClock,
    registry: new Registry(),
    health: new Health(() => systemClock.now()),
    onRefused: async () => undefined,
    onRefusedSeries: async () => undefined,
  });
  const paced: PacedStores = { stores, linesPerSecond: Number.POSITIVE_INFINITY, gone: false };
  const down = () => new HeliographError('HG_ENGINE_DOWN', 'the test says so');
  const { logs, metrics } = stores;
  const append = logs.append.bind(logs);
  let turn = Promise.resolve();
  logs.append = async (frames, position) => {
    if (paced.gone) throw down();
    const lines = frames.reduce((sum, frame) => sum + frame.lines.length, 0);
    // One after the other, as on one disk.
    turn = turn.then(async () => {
      if (Number.isFinite(paced.linesPerSecond)) await wait((lines / paced.linesPerSecond) * 1000);
    });
    await turn;
    if (paced.gone) throw down();
    return append(frames, position);
  };
  const write = metrics.write.bind(metrics);
  metrics.write = async (frames) => {
    if (paced.gone) throw down();
    return write(frames);
  };
  return paced;
}
