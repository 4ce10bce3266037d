import { writeSync } from 'node:fs';
import { openEmbeddedMetricStore } from '../../../core/metrics/open.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { crashFrame, NOW } from './crash-frames.ts';

/** Writes frame after frame from the given one on, four at a time, and says which are acknowledged. Ends by being killed. */
const [directory, first] = [process.argv[2]!, Number(process.argv[3])];
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
let next = first;
async function writeOn(): Promise<void> {
  for (;;) {
    const sequence = next++;
    await store.write([crashFrame(sequence)]);
    writeSync(1, `${sequence}\n`);
  }
}
await Promise.all([writeOn(), writeOn(), writeOn(), writeOn()]);
