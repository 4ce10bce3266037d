import { openEmbeddedMetricStore } from '../../../core/metrics/open.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { crashFrame, NOW } from './crash-frames.ts';

/** Writes 1,500 frames on a machine where no file may grow large, each again until it is taken; prints what it met. */
const store = await openEmbeddedMetricStore({
  directory: process.argv[2]!,
  retention: { days: 30, maxBytes: 1e10 },
  clock: { now: () => NOW, mono: () => performance.now() },
  log: silentLog,
  registry: new Registry(),
  lingerMs: 0,
});
const codes: string[] = [];
let repeated = 0;
async function deliver(sequence: number): Promise<void> {
  for (;;) {
    try {
      const [outcome] = await store.write([crashFrame(sequence)]);
      repeated += outcome!.repeated;
      return;
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      codes.push(error.code);
    }
  }
}
for (let from = 1; from <= 1_500; from += 30) {
  await Promise.all(Array.from({ length: 30 }, (_, i) => deliver(from + i)));
}
process.stdout.write(JSON.stringify({ codes, repeated, totals: await store.totals() }));
await store.close();
