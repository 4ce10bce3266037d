import { parseConfig } from '../../../lib/config/load.ts';
import { silentLog } from '../../../lib/log.ts';
import { relayConfig } from '../../../relay/config.ts';
import { startRelay } from '../../../relay/start.ts';

/** The process behind ClockedRelay. */
let time = 0;
process.on('message', (message: { config?: object; time: number }) => {
  time = message.time;
  if (!message.config) return;
  const config = parseConfig('test.yaml', JSON.stringify(message.config), relayConfig);
  const clock = { now: () => time, mono: () => performance.now() };
  startRelay(config, { log: silentLog, clock }).then(
    ({ addresses }) => process.send!(addresses),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
