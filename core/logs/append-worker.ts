import { workerData } from 'node:worker_threads';
import { HeliographError } from '../../lib/errors.ts';
import type { LogFrame } from '../ports/frames.ts';
import type { BusPosition } from '../ports/log-store.ts';
import { notify, serve } from '../workers/serve.ts';
import { type Appended, LogAppender, type LogSettings } from './appender.ts';
import { CommitTimer } from './commit-timer.ts';

/** The thread that writes the log store. */
const settings = workerData as LogSettings;
let appender: LogAppender;
const timer = new CommitTimer(settings.commitMs, settings.commitLines, commit);

function commit(appends: readonly Appended[]): ReturnType<LogAppender['commit']> {
  const started = performance.now();
  try {
    const outcomes = appender.commit(appends);
    notify({ kind: 'committed', ms: performance.now() - started });
    setImmediate(tidy);
    return outcomes;
  } catch (error) {
    const why = error as Error & { errstr?: string };
    throw new HeliographError('HG_STORE_DISK', `${settings.directory}: ${why.message}`, { reason: why.errstr }, error);
  }
}

/** Between commits, a piece at a time. */
function tidy(): void {
  try {
    if (appender.tidy()) setImmediate(tidy);
  } catch (error) {
    notify({ kind: 'failed', message: String(error) });
  }
}

serve({
  /** First of all; nothing else may be called before it returned. */
  open: () => {
    appender = new LogAppender(settings);
  },
  append: (frames: LogFrame[], position: BusPosition, now: number) => timer.append({ frames, position, now }),
  flush: () => timer.flush(),
  positions: () => appender.positions(),
  sequences: () => appender.sequences(),
  totals: () => appender.totals(),
  retain: (now: number) => {
    for (const gone of appender.retain(now)) notify({ kind: 'removed', ...gone });
  },
  close: () => {
    timer.flush();
    appender.close();
  },
});
