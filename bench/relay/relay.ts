import { systemClock } from '../../lib/clock.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { createLog } from '../../lib/log.ts';
import { relayConfig } from '../../relay/config.ts';
import { startRelay } from '../../relay/start.ts';

/** The relay as a process of its own, that says what CPU it has used. */
const config = parseConfig('bench.yaml', process.argv[2]!, relayConfig);
const relay = await startRelay(config, { log: createLog('relay', { level: 'error' }), clock: systemClock });
process.send!({ ...relay.addresses });
process.on('message', (message: { stop?: boolean; settled?: boolean }) => {
  if (message.stop) {
    relay.close().then(() => process.exit(0));
    return;
  }
  // What is garbage is not what connections need; without --expose-gc it is counted.
  if (message.settled) globalThis.gc?.();
  process.send!({ cpu: process.cpuUsage(), memory: process.memoryUsage().rss });
});
