import { HeliographError } from '../../lib/errors.ts';
import { decodeFrame } from '../../proto/frame.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { BlockWork, type BlockWorkParts } from '../gateway/block-work.ts';
import { asFault, type Opened } from '../gateway/frames.ts';
import { unzstd, utf8 } from '../gateway/tools.ts';
import type { DeadLetter } from '../ledger/dead-letters.ts';

/** Why a letter stays one. */
export interface Failure {
  readonly reason: string;
  readonly code: string;
  readonly message: string;
}

export interface ReplayFramesParts extends Omit<BlockWorkParts, 'setAside'> {
  readonly fleet: Fleet;
  /** How long a relay that is asked for missing definitions may take, ms. */
  readonly definitionWaitMs: number;
}

/**
 * Sends frames through the gateway once more, as if their blocks came now: headers, definitions, then the store or the bus. Gives
 * those that failed again.
 * @throws HeliographError of a store that takes nothing now; frames of other blocks may be stored, and count as repeated when they come again
 */
export async function replayFrames(
  parts: ReplayFramesParts,
  letters: ReadonlyMap<string, DeadLetter>,
): Promise<Map<string, Failure>> {
  const failed = new Map<string, Failure>();
  const blocks = new Map<string, Map<string, DeadLetter>>();
  for (const [id, letter] of letters) {
    const block = JSON.stringify([letter.class, letter.relay, letter.site, letter.lane, letter.grantsSince]);
    if (!blocks.has(block)) blocks.set(block, new Map());
    blocks.get(block)!.set(id, letter);
  }
  for (const block of blocks.values()) await replayBlock(parts, block, failed);
  return failed;
}

async function replayBlock(
  parts: ReplayFramesParts,
  block: ReadonlyMap<string, DeadLetter>,
  failed: Map<string, Failure>,
): Promise<void> {
  const ids = new Map([...block].map(([id, letter]) => [letter.frame, id]));
  const setAside = async (letters: readonly DeadLetter[]) => {
    for (const { frame, reason, code, message } of letters) failed.set(ids.get(frame)!, { reason, code, message });
  };
  const work = new BlockWork({ ...parts, setAside });
  const origin = [...block.values()][0]!;
  const entries = [...block.values()].map(({ host, received, skew, frame }) => ({ host, received, skew, frame }));
  const opened = await work.open(origin, entries);
  await askFor(parts, origin.relay, work.split(opened).missing);
  const { ready, waiting } = work.split(opened);
  const readable =
    origin.class === 'metric' ? ready : ready.filter((frame) => isReadable(frame, ids.get(frame.entry.frame)!, failed));
  if (readable.length > 0) await work.write(origin, readable, () => undefined);
  await work.giveUp(origin, waiting);
}

/** Lines are decoded behind the bus; one that fails there would come back as a new letter, so it is looked at before. */
function isReadable({ entry }: Opened, id: string, failed: Map<string, Failure>): boolean {
  try {
    decodeFrame(entry.frame, { unzstd, utf8 });
    return true;
  } catch (error) {
    const { code, message } = asFault(error);
    failed.set(id, { reason: 'undecodable', code, message });
    return false;
  }
}

/** Resolves when the relay, if it is connected, gave what is missing, or did not in time. */
async function askFor(parts: ReplayFramesParts, relay: string, missing: readonly string[]): Promise<void> {
  if (missing.length === 0) return;
  // Of a relay's processes any may have taken the definition in.
  const links = parts.fleet.relays().filter((one) => one.relay === relay);
  if (links.length === 0) return;
  const until = parts.now() + parts.definitionWaitMs;
  for (const link of links) link.need(missing);
  for (;;) {
    const left = parts.definitions.missing(missing).filter((hash) => !parts.definitions.refusal([hash]));
    if (left.length === 0 || parts.now() >= until) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        stop();
        resolve();
      }, until - parts.now());
      const stop = parts.definitions.onNews(left, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** For a letter whose bytes were not kept. */
export const WITHOUT_BYTES: Failure = {
  reason: 'no_bytes',
  code: 'HG_OBJECT_RECORD',
  message: new HeliographError('HG_OBJECT_RECORD', 'its bytes were not kept (limits.deadLetterBytes), or are gone')
    .message,
};
