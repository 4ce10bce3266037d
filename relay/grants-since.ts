/** Where it is kept: the journal's small durable blobs. */
interface StateKeeper {
  state(name: string): Uint8Array | undefined;
  setState(name: string, bytes: Uint8Array): void;
}

const BYTES = 12;

/**
 * Since when every frame that this relay journals is of a host that may speak for whom its series name, ms since the epoch by the relay's clock: hello tells the core. What
 * a version that does not look at it took in may lie in the journal still. Such a version, also one that was gone back to, counts its starts (boot-number.ts) and
 * leaves this blob alone, so that a start between the last one here and this one was its. Call it before the start is counted, which makes both durable in one.
 */
export function grantsSince(keeper: StateKeeper, now: number): number {
  const starts = keeper.state('boot');
  const before = starts === undefined ? 0 : Buffer.from(starts).readUInt32BE(0);
  const kept = keeper.state('grants');
  const known = kept?.length === BYTES ? Buffer.from(kept) : null;
  // A journal that has seen no start has no frames.
  const since = before === 0 ? 1 : known?.readUInt32BE(0) === before ? known.readDoubleBE(4) : Math.ceil(now);
  const bytes = Buffer.alloc(BYTES);
  bytes.writeUInt32BE((before + 1) >>> 0);
  bytes.writeDoubleBE(since, 4);
  keeper.setState('grants', bytes);
  return since;
}
