import { HeliographError } from '../../lib/errors.ts';
import type { BlockEntry } from '../../proto/block.ts';
import { isDoorSender } from '../../proto/door-sender.ts';
import { type FrameHeader, openFrame } from '../../proto/frame.ts';
import { namedDefinitions } from '../../proto/metrics-body.ts';
import { HOST_NAME } from '../../proto/topics.ts';
import type { DeadLetter } from '../ledger/dead-letters.ts';
import { BusWork, type BusWorkParts } from './bus-work.ts';
import { type BlockOrigin, checkKind, letterOf, type Opened } from './frames.ts';
import { MetricWork, type MetricWorkParts } from './metric-work.ts';
import { knownHex } from './tools.ts';

export type BlockWorkParts = MetricWorkParts & BusWorkParts;

/** What is opened before others have their turn: some ms of work. */
const OPENED_AT_ONCE = 1_000;

/**
 * Takes a block's frames to where they belong, durably: metrics to the store, lines and events to the bus, declared drops
 * to the gaps, what cannot be read to the dead letters. A bad frame never touches its neighbours.
 */
export class BlockWork {
  readonly #parts: BlockWorkParts;
  readonly #metrics: MetricWork;
  readonly #bus: BusWork;

  constructor(parts: BlockWorkParts) {
    this.#parts = parts;
    this.#metrics = new MetricWork(parts);
    this.#bus = new BusWork(parts);
  }

  /** Reads the headers; frames without a readable one, or of another class, become dead letters at once. */
  async open(origin: BlockOrigin, entries: readonly BlockEntry[]): Promise<Opened[]> {
    const opened: Opened[] = [];
    const aside: DeadLetter[] = [];
    for (const [i, entry] of entries.entries()) {
      if (i % OPENED_AT_ONCE === OPENED_AT_ONCE - 1) await this.#parts.breathe(origin.class, origin.lane);
      let header: FrameHeader | null = null;
      try {
        if (!HOST_NAME.test(entry.host) && !(origin.class === 'metric' && isDoorSender(entry.host, origin.relay)))
          throw new HeliographError('HG_CORE_FRAME', `the host's name ${JSON.stringify(entry.host)}`);
        const frame = openFrame(entry.frame, knownHex);
        header = frame.header;
        checkKind(origin.class, header);
        opened.push({ entry, header, definitions: namedDefinitions(frame.sections), sections: frame.sections });
      } catch (error) {
        aside.push(letterOf(origin, entry, header, 'undecodable', error));
      }
    }
    await this.#parts.setAside(aside);
    return opened;
  }

  /** Those whose definitions are all known (or known to be refused), and those that must wait. */
  split(frames: readonly Opened[]): { ready: Opened[]; waiting: Opened[]; missing: string[] } {
    const ready: Opened[] = [];
    const waiting: Opened[] = [];
    const missing = new Set<string>();
    for (const frame of frames) {
      const unknown = this.#parts.definitions.missing(frame.definitions);
      if (unknown.length === 0 || this.#parts.definitions.refusal(unknown)) ready.push(frame);
      else {
        waiting.push(frame);
        for (const hash of unknown) missing.add(hash);
      }
    }
    return { ready, waiting, missing: [...missing] };
  }

  /**
   * Resolves when all frames are durable or set aside. Rejects when a store cannot take them now; then nothing may be acknowledged.
   * `onAccepted` is called before that when all that is left is to wait until the store has them on disk; `frames` is empty then, since a
   * wait of many seconds must not keep the bytes of a block.
   */
  async write(origin: BlockOrigin, frames: Opened[], onAccepted: () => void): Promise<void> {
    const seen = frames.map(({ entry: { host, received } }) => ({ host, received }));
    if (origin.class === 'metric') await this.#metrics.write(origin, frames, onAccepted);
    else await this.#bus.write(origin, frames);
    for (const { host, received } of seen) this.#parts.fleet.seen(host, received);
  }

  /** Frames whose definitions never came. The relay is told they are done: their bytes are kept, and counted as dropped. */
  async giveUp(origin: BlockOrigin, frames: readonly Opened[]): Promise<void> {
    const aside: DeadLetter[] = [];
    for (const { entry, header, definitions } of frames) {
      const unknown = this.#parts.definitions.missing(definitions);
      const error = new HeliographError('HG_FRAME_DEFINITION', unknown.join(', '), { missing: unknown });
      aside.push(letterOf(origin, entry, header, 'unknown_definition', error));
    }
    await this.#parts.setAside(aside);
  }
}
