import { openSync, writeSync } from 'node:fs';
import { openEmbeddedLogStore } from '../../../core/logs/open.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { crashFrame, NOW } from './crash-frames.ts';

/** Appends frame after frame as a consumer of the bus would, each with its position, and says which are acknowledged. Ends by being killed. */
const [directory, first, acknowledged] = [process.argv[2]!, Number(process.argv[3]), openSync(process.argv[4]!, 'w')];
const store = await openEmbeddedLogStore({
  directory,
  retention: { days: 15, maxBytes: 1e10 },
  clock: { now: () => NOW, mono: () => performance.now() },
  log: silentLog,
  registry: new Registry(),
  commitMs: 1,
});
process.stdout.write('open\n');
for (let sequence = first; ; sequence++) {
  await store.append([crashFrame(sequence)], { topic: 'logs.log', next: `${sequence}` });
  writeSync(acknowledged, `${sequence}\n`);
}
