/**
 * Outlives the benchmark that it keeps, in a session of its own: when its standard input ends, which it does however the one that holds the other end
 * comes to an end (SIGKILL too), it ends all processes of the run and removes the run's folder, its argument.
 */
import { rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { processesOf } from './of-run.ts';

const AGAIN_MS = 50;
const AT_MOST_MS = 20_000;
const folder = process.argv[2]!;

process.stdin.resume();
await new Promise((resolve) => process.stdin.once('close', resolve));
// One may start another between the look and the signal.
for (const until = performance.now() + AT_MOST_MS; ; await wait(AGAIN_MS)) {
  const left = processesOf(folder);
  if (left.length === 0) break;
  if (performance.now() > until) throw new Error(`${left.join(', ')} of ${folder} do not end`);
  for (const pid of left) end(pid);
}
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
