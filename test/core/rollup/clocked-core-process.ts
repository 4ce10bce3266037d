import { coreConfig } from '../../../core/config.ts';
import { startCore } from '../../../core/start.ts';
import { silentLog } from '../../../lib/log.ts';

/** The process behind ClockedCore. */
let time = 0;
process.on('message', (message: { config?: object; time: number }) => {
  time = message.time;
  if (!message.config) return;
  const clock = { now: () => time, mono: () => performance.now() };
  startCore(coreConfig.parse(message.config), { log: silentLog, clock }).then(
    (core) => process.send!({ ingest: core.ingest.port, http: core.http.port }),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
