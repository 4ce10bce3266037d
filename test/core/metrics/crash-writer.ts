import { openSync, writeSync } from 'node:fs';
import { openEmbeddedMetricStore } from '../../../core/metrics/open.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { crashFrame, NOW } from './crash-frames.ts';

/** Writes frame after frame from the given one on, four at a time, and says which are acknowledged. Ends by being killed. */
const [directory, first, acknowledged] = [process.argv[2]!, Number(process.argv[3]), openSync(process.argv[4]!, 'w')];
const store = await openEmbeddedMetricStore({
  directory,
  retention: { days: 30, maxBytes: 1e10 },
  clock: { now: () => NOW, mono: () => performance.now() },
  log: silentLog,
  registry: new Registry(),
  lingerMs: 1,
  // So small that checkpoints are always under way.
  headBytes: 60_000,
});
process.stdout.write('open\n');
let next = first;
async function writeOn(): Promise<void> {
  for (;;) {
    const sequence = next++;
    await store.write([crashFrame(sequence)]);
    writeSync(acknowledged, `${sequence}\n`);
  }
}
await Promise.all([writeOn(), writeOn(), writeOn(), writeOn()]);
