import { flushCompileCache } from 'node:module';
import { systemClock } from '../../lib/clock.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { createLog } from '../../lib/log.ts';
import { relayConfig } from '../../relay/config.ts';
import { startRelay } from '../../relay/start.ts';
import { obeyProfiler } from '../process/profiler.ts';
import { Turns } from './turns.ts';

/** The relay as a process of its own, that says what CPU it has used. */
const config = parseConfig('bench.yaml', process.argv[2]!, relayConfig);
// As cli/run-tier.ts does it.
flushCompileCache();
const relay = await startRelay(config, { log: createLog('relay', { level: 'error' }), clock: systemClock });
if (process.env.HELIOGRAPH_BENCH_PROFILE) obeyProfiler(process.env.HELIOGRAPH_BENCH_PROFILE);
const turns = new Turns();
process.send!({ ...relay.addresses });
process.on('message', (message: { stop?: boolean; settled?: boolean; profile?: unknown; turns?: 'begin' | 'end' }) => {
  if (message.profile !== undefined) return;
  if (message.turns === 'begin') {
    turns.begin();
    return;
  }
  if (message.turns === 'end') {
    process.send!(turns.end());
    return;
  }
  if (message.stop) {
    relay.close().then(() => process.exit(0));
    return;
  }
  // What is garbage is not what connections need; without --expose-gc it is counted.
  if (message.settled) globalThis.gc?.();
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  process.send!({ cpu: process.cpuUsage(), memory: rss, heapUsed, heapTotal, external, arrayBuffers });
});
