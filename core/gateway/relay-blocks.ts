import { HeliographError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Counter } from '../../lib/metrics.ts';
import { type BlockEntry, decodeBlock } from '../../proto/block.ts';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import type { BlockWork } from './block-work.ts';
import type { Definitions } from './definitions.ts';
import type { BlockOrigin, Opened } from './frames.ts';
import type { Lanes } from './lanes.ts';
import type { BlockMessage, FromCore } from './messages.ts';
import type { GatewayPressure } from './pressure.ts';
import { knownName, unzstd } from './tools.ts';

export interface RelayBlocksParts {
  readonly now: () => number;
  readonly log: Logger;
  readonly lanes: Lanes;
  readonly work: BlockWork;
  readonly definitions: Definitions;
  readonly refused: Counter;
  readonly received: Counter;
  /** More than this of one class here and further blocks of it are refused for now. */
  readonly stopBytes: number;
  readonly definitionWaitMs: number;
  /** Lets others have their turn. */
  readonly breathe: (dataClass: DataClass, lane: 'live' | 'backfill') => Promise<unknown>;
  readonly pressure: Pick<GatewayPressure, 'stoppedByBus'>;
  /** A store failed, or took data again. */
  readonly onStore: (dataClass: DataClass, error: unknown) => void;
}

/** The stream that blocks come by and are answered on. */
export interface BlockLink {
  readonly relay: string;
  readonly site: string;
  /** From this `received` on it has checked whom its hosts speak for, ms; null: it does not say that it does. */
  readonly grantsSince: number | null;
  /** False: it ended, and what is not acknowledged comes again over another. */
  readonly open: boolean;
  send(message: FromCore): void;
  /** Asks for definitions, by their hashes. */
  need(hashes: readonly string[]): void;
}

/** How often missing definitions are asked for again while a block waits. */
const ASK_AGAIN_MS = 5000;
/** A block that cannot be taken now comes back after this time. */
const RETRY_MS = 1000;
/** How often the log says of the same code that blocks must come again. */
const QUIET_MS = 10_000;
/** What a relay may have waiting for definitions; beyond, it keeps the blocks itself. */
const PARKED_BYTES = 32 << 20;

const NOTHING = new Uint8Array(0);

/** The blocks of one relay's stream, from their lane to their answer: acknowledged, to come again, or refused for good. */
export class RelayBlocks {
  readonly #link: BlockLink;
  readonly #parts: RelayBlocksParts;
  #parkedBytes = 0;
  /** When the log last spoke of a code. */
  readonly #told = new Map<string, number>();
  /** Ids that are durable and not yet told, sent together at the end of the turn. */
  #done: number[] = [];
  readonly #unpark = new Set<() => void>();

  constructor(link: BlockLink, parts: RelayBlocksParts) {
    this.#link = link;
    this.#parts = parts;
  }

  /** A block came: it waits in its lane, or must come again. */
  take(message: BlockMessage): void {
    const dataClass = DATA_CLASSES[message.class];
    if (!dataClass) {
      this.#refuseBlock(message.id, new HeliographError('HG_CORE_BLOCK', `class ${message.class}`), 0);
      return;
    }
    const bytes = message.payload.length;
    this.#parts.received.inc({ class: dataClass }, bytes);
    if (this.#parts.lanes.bytes(dataClass) + bytes > this.#parts.stopBytes && this.#parts.lanes.bytes(dataClass) > 0) {
      this.#refuseBlock(message.id, new HeliographError('HG_CORE_BUSY', `${dataClass}: the store is behind`), RETRY_MS);
      return;
    }
    if (this.#parts.pressure.stoppedByBus(dataClass)) {
      const busy = new HeliographError('HG_CORE_BUSY', `${dataClass}: the bus keeps its room for what matters more`);
      this.#refuseBlock(message.id, busy, RETRY_MS);
      return;
    }
    const { relay, site, grantsSince } = this.#link;
    const lane = message.lane === 1 ? 'backfill' : 'live';
    const granted = grantsSince === null ? {} : { grantsSince };
    const origin = { relay, site, class: dataClass, lane, came: this.#parts.now(), ...granted } as const;
    this.#parts.lanes.push(dataClass, lane, bytes, (release) => this.#work(message, origin, release));
  }

  async #work(message: BlockMessage, origin: BlockOrigin, release: () => void): Promise<void> {
    // Several blocks come in one turn.
    await this.#parts.breathe(origin.class, origin.lane);
    // The relay has the block still and sends it again over the next stream.
    if (!this.#link.open) return;
    try {
      const opened = await this.#parts.work.open(origin, this.#entries(message, origin.class));
      await this.#settle(message, origin, opened, this.#parts.now() + this.#parts.definitionWaitMs, release);
    } catch (error) {
      this.#failed(message, origin.class, error);
    }
  }

  /** The frames of a block, which is not kept: if it must come again the relay has it. */
  #entries(message: BlockMessage, dataClass: DataClass): BlockEntry[] {
    const block = decodeBlock(message.payload, unzstd, knownName);
    message.payload = NOTHING;
    if (block.class !== dataClass) {
      throw new HeliographError('HG_CORE_BLOCK', `class ${dataClass} outside, ${block.class} inside`);
    }
    if (block.relay !== this.#link.relay)
      throw new HeliographError('HG_CORE_BLOCK', `the relay inside is ${block.relay}`);
    return block.entries;
  }

  /** Writes what can be written; parks what waits for a definition, outside the lane, so that others go on. */
  async #settle(
    message: BlockMessage,
    origin: BlockOrigin,
    frames: Opened[],
    until: number,
    release: () => void,
  ): Promise<void> {
    const { ready, waiting, missing } = this.#parts.work.split(frames);
    // A write that waits for a disk lets go of `ready`, and this must not keep the same.
    frames.length = 0;
    if (ready.length > 0) await this.#parts.work.write(origin, ready, release);
    if (waiting.length === 0) {
      this.#parts.onStore(origin.class, null);
      this.#acknowledge(message.id);
    } else if (this.#parts.now() >= until) {
      await this.#parts.work.giveUp(origin, waiting);
      this.#parts.log.warn('definitions never came; the frames that need them are dead letters', {
        relay: this.#link.relay,
        frames: waiting.length,
        definitions: missing.slice(0, 10),
      });
      this.#acknowledge(message.id);
    } else if (this.#parkedBytes + bytesOf(waiting) > PARKED_BYTES && this.#parkedBytes > 0) {
      const busy = new HeliographError('HG_CORE_BUSY', 'too much waits for definitions');
      this.#refuseBlock(message.id, busy, RETRY_MS);
    } else this.#park(message, origin, waiting, missing, until);
  }

  #park(message: BlockMessage, origin: BlockOrigin, frames: Opened[], missing: string[], until: number): void {
    const bytes = bytesOf(frames);
    this.#parkedBytes += bytes;
    this.#link.need(missing);
    const stop = () => {
      clearTimeout(timer);
      quiet();
      this.#unpark.delete(stop);
      this.#parkedBytes -= bytes;
    };
    const goOn = () => {
      stop();
      if (!this.#link.open) return;
      this.#parts.lanes.push(origin.class, origin.lane, bytes, async (release) => {
        try {
          await this.#settle(message, origin, frames, until, release);
        } catch (error) {
          this.#failed(message, origin.class, error);
        }
      });
    };
    const wait = Math.max(0, Math.min(ASK_AGAIN_MS, until - this.#parts.now()));
    const timer = setTimeout(goOn, wait);
    const quiet = this.#parts.definitions.onNews(missing, goOn);
    this.#unpark.add(stop);
  }

  #failed(message: BlockMessage, dataClass: DataClass, error: unknown): void {
    const typed = error instanceof HeliographError ? error : null;
    if (typed && /^HG_(WIRE_|CORE_BLOCK)/.test(typed.code)) {
      this.#refuseBlock(message.id, typed, 0);
      return;
    }
    if (typed?.code === 'HG_FRAME_DEFINITION') {
      // It went out of memory between the look and the decoding: the block that comes again asks for it.
      this.#refuseBlock(message.id, typed, RETRY_MS);
      return;
    }
    // A store that cannot take it now. Nothing is lost: the relay keeps the block.
    this.#parts.onStore(dataClass, error);
    const reason = typed ?? new HeliographError('HG_CORE_STORE', String(error), {}, error);
    this.#refuseBlock(message.id, reason, RETRY_MS);
  }

  #refuseBlock(id: number, error: HeliographError, retryAfterMs: number): void {
    this.#parts.refused.inc({ code: error.code });
    const now = this.#parts.now();
    // What comes again does so every second; the counter has each, the log one a while.
    const quiet = retryAfterMs > 0 && now - (this.#told.get(error.code) ?? Number.NEGATIVE_INFINITY) < QUIET_MS;
    this.#link.send({ refused: { id, code: error.code, message: error.message, retryAfterMs } });
    if (quiet) return;
    this.#told.set(error.code, now);
    this.#parts.log.warn(retryAfterMs > 0 ? 'a block must come again' : 'a block was refused for good', {
      relay: this.#link.relay,
      block: id,
      'error.code': error.code,
      'error.message': error.message,
    });
  }

  #acknowledge(id: number): void {
    this.#done.push(id);
    if (this.#done.length > 1) return;
    setImmediate(() => {
      const ids = this.#done;
      this.#done = [];
      this.#link.send({ acknowledged: { ids } });
    });
  }

  /** The stream ended: what waits for definitions is not waited for any more. */
  close(): void {
    for (const stop of [...this.#unpark]) stop();
  }
}

/** What frames keep in memory: all of the block they came in, as it was before it was packed. */
function bytesOf(frames: readonly Opened[]): number {
  return frames[0]?.entry.frame.buffer.byteLength ?? 0;
}
