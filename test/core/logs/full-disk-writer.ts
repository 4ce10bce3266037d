import { openEmbeddedLogStore } from '../../../core/logs/open.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { crashFrame, NOW } from './crash-frames.ts';

/** Appends on a machine where no file may grow large until one is refused; prints the last that was taken, and why. */
const store = await openEmbeddedLogStore({
  directory: process.argv[2]!,
  retention: { days: 15, maxBytes: 1e10 },
  clock: { now: () => NOW, mono: () => performance.now() },
  log: silentLog,
  registry: new Registry(),
  commitMs: 0,
});
let last = 0;
try {
  for (;;) {
    await store.append([crashFrame(last + 1)], { topic: 'logs.log', next: `${last + 1}` });
    last++;
  }
} catch (error) {
  if (!(error instanceof HeliographError)) throw error;
  // A second try must not be taken for a repetition of what was never stored.
  const second = await store.append([crashFrame(last + 1)], { topic: 'logs.log', next: `${last + 1}` }).then(
    (outcomes) => outcomes[0]!.repeated,
    () => 0,
  );
  process.stdout.write(JSON.stringify({ last, code: error.code, second }));
}
process.exit(0);
