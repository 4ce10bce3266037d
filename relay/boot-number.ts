import { randomBytes } from 'node:crypto';
import { type Boot, makeBoot } from '../proto/hash.ts';

/** Where the counter is kept: the journal's small durable blobs. */
interface StateKeeper {
  state(name: string): Uint8Array | undefined;
  setState(name: string, bytes: Uint8Array): void;
  flush(): Promise<void>;
}

/** Counts the relay's starts, durably, and names this one. */
export async function nextBoot(
  keeper: StateKeeper,
  random: (bytes: number) => Uint8Array = randomBytes,
): Promise<Boot> {
  const before = keeper.state('boot');
  const counter = (before ? Buffer.from(before).readUInt32BE(0) : 0) + 1;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(counter >>> 0);
  keeper.setState('boot', bytes);
  await keeper.flush();
  return makeBoot(counter >>> 0, random(8));
}
