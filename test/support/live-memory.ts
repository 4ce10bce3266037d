import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Bytes that something still holds: garbage is collected first, in turns, as what one collection frees may free more. */
export async function liveMemory(): Promise<{ arrayBuffers: number; heap: number }> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return { arrayBuffers, heap: heapUsed };
}
