/**
 * A core in a process of its own, whose log store stands still: what is measured ends at the bus, and all of it lies there afterwards to be
 * counted. Its configuration is its argument.
 */
import { Health } from '../../core/api/health.ts';
import { coreConfig } from '../../core/config.ts';
import { startCore } from '../../core/start.ts';
import { openStores } from '../../core/stores.ts';
import { systemClock } from '../../lib/clock.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { createLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { obeyProfiler } from '../process/profiler.ts';

const config = parseConfig('bench.yaml', process.argv[2]!, coreConfig);
const log = createLog('core', { level: 'error' });
const stores = await openStores(config, {
  log,
  clock: systemClock,
  registry: new Registry(),
  health: new Health(() => systemClock.now()),
  onRefused: (lines) => Promise.reject(new TypeError(`a line was refused: ${lines[0]!.reason}`)),
  onRefusedSeries: ({ id }) => Promise.reject(new TypeError(`samples of ${id.host} were refused`)),
});
stores.logs.append = () => new Promise(() => undefined);
const core = await startCore(config, { log, stores });
if (process.env.HELIOGRAPH_BENCH_PROFILE) obeyProfiler(process.env.HELIOGRAPH_BENCH_PROFILE);
process.send!({ ingest: core.ingest.port, http: core.http.port });
// At once: the indexer would wait for its store for ever, and what is acknowledged is durable.
process.on('message', (message: { stop?: boolean }) => {
  if (message.stop) process.exit(0);
});
process.on('disconnect', () => process.exit(0));
