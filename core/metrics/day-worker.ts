import { workerData } from 'node:worker_threads';
import { serve } from '../workers/serve.ts';
import { type DayRows, DayWriter } from './day-writer.ts';

/** The thread that writes the days' files, so that a commit's fsync does not hold up queries and writes. */
const writer = new DayWriter((workerData as { directory: string }).directory);

serve({
  write: (day: number, generation: number, rows: DayRows) => writer.write(day, generation, rows),
  finish: (day: number, bits: Uint8Array) => writer.finish(day, bits),
  remove: (day: number) => writer.remove(day),
  close: () => writer.closeAll(),
});
