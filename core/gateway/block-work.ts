import { HeliographError } from '../../lib/errors.ts';
import type { Counter } from '../../lib/metrics.ts';
import type { BlockEntry } from '../../proto/block.ts';
import type { DataClass } from '../../proto/class.ts';
import { decodeFrame, decodeMetrics, type FrameHeader, openFrame } from '../../proto/frame.ts';
import type { Gap } from '../../proto/gap.ts';
import { type EncodedSection, namedDefinitions } from '../../proto/metrics-body.ts';
import { HOST_NAME } from '../../proto/topics.ts';
import type { Fleet, FleetEvent } from '../fleet/fleet.ts';
import type { Freshness } from '../freshness/freshness.ts';
import { encodeRecord } from '../indexer/record.ts';
import type { Account } from '../ledger/account.ts';
import type { DeadLetter } from '../ledger/dead-letters.ts';
import type { DeclaredGap, Gaps } from '../ledger/gaps.ts';
import type { Bus, BusRecord } from '../ports/bus.ts';
import type { FrameId, FrameRoute, MetricFrame } from '../ports/frames.ts';
import type { FrameOutcome, MetricStore } from '../ports/metric-store.ts';
import type { Definitions } from './definitions.ts';
import type { Lane } from './lanes.ts';
import { rolledPage } from './rolled-pages.ts';
import { knownHex, unzstd, utf8 } from './tools.ts';

export interface BlockWorkParts {
  readonly now: () => number;
  readonly definitions: Definitions;
  readonly metrics: MetricStore;
  readonly bus: Bus;
  readonly fleet: Fleet;
  readonly gaps: Gaps;
  /** What becomes of frames that cannot be taken; resolves when they are put away. */
  readonly setAside: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly account: Account;
  readonly freshness: Freshness;
  /** Of what a store did not take; label `code`. */
  readonly refused: Counter;
  /** Lets others have their turn. */
  readonly breathe: (dataClass: DataClass, lane: 'live' | 'backfill') => Promise<unknown>;
}

/** What is opened, and what is decoded and handed to the store, before others have their turn: some ms of work. */
const OPENED_AT_ONCE = 1_000;
const FRAMES_AT_ONCE = 500;
const SAMPLES_AT_ONCE = 100_000;

/** Where a block came from and how. */
export interface BlockOrigin {
  readonly relay: string;
  readonly site: string;
  readonly class: DataClass;
  readonly lane: Lane;
}

/** A frame of a block whose header has been read. */
export interface Opened {
  readonly entry: BlockEntry;
  readonly header: FrameHeader;
  readonly definitions: readonly string[];
  /** Of metrics. */
  readonly sections: readonly EncodedSection[];
}

/** What the accounts need of a frame once it is written. */
interface WrittenHeader extends Pick<FrameRoute, 'lane' | 'created' | 'skew'> {
  readonly count: number;
  /** A declared drop that was known. */
  readonly known: boolean;
  /** Its oldest sample, ms; NaN: it has none. */
  readonly oldest: number;
}

/** The topic of a class on the bus. */
export function topicOf(dataClass: DataClass): string {
  return dataClass === 'alert' ? 'events' : `logs.${dataClass}`;
}

/**
 * Takes a block's frames to where they belong, durably: metrics to the store, lines and events to the bus, declared drops
 * to the gaps, what cannot be read to the dead letters. A bad frame never touches its neighbours.
 */
export class BlockWork {
  readonly #parts: BlockWorkParts;

  constructor(parts: BlockWorkParts) {
    this.#parts = parts;
  }

  /** Reads the headers; frames without a readable one, or of another class, become dead letters at once. */
  async open(origin: BlockOrigin, entries: readonly BlockEntry[]): Promise<Opened[]> {
    const opened: Opened[] = [];
    const aside: DeadLetter[] = [];
    for (const [i, entry] of entries.entries()) {
      if (i % OPENED_AT_ONCE === OPENED_AT_ONCE - 1) await this.#parts.breathe(origin.class, origin.lane);
      let header: FrameHeader | null = null;
      try {
        if (!HOST_NAME.test(entry.host))
          throw new HeliographError('HG_CORE_FRAME', `the host's name ${JSON.stringify(entry.host)}`);
        const frame = openFrame(entry.frame, knownHex);
        header = frame.header;
        checkKind(origin.class, header);
        opened.push({ entry, header, definitions: namedDefinitions(frame.sections), sections: frame.sections });
      } catch (error) {
        aside.push(this.#letter(origin, entry, header, 'undecodable', error));
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
    if (origin.class === 'metric') await this.#writeMetrics(origin, frames, onAccepted);
    else await this.#publish(origin, frames);
    for (const { host, received } of seen) this.#parts.fleet.seen(host, received);
  }

  /** Frames whose definitions never came. The relay is told they are done: their bytes are kept, and counted as dropped. */
  async giveUp(origin: BlockOrigin, frames: readonly Opened[]): Promise<void> {
    const aside: DeadLetter[] = [];
    for (const { entry, header, definitions } of frames) {
      const unknown = this.#parts.definitions.missing(definitions);
      const error = new HeliographError('HG_FRAME_DEFINITION', unknown.join(', '), { missing: unknown });
      aside.push(this.#letter(origin, entry, header, 'unknown_definition', error));
    }
    await this.#parts.setAside(aside);
  }

  /** Some frames after the others, so that a large block holds nobody up; each lot is accounted for by itself, whatever becomes of the others. */
  async #writeMetrics(origin: BlockOrigin, opened: Opened[], onAccepted: () => void): Promise<void> {
    let unaccepted = 1;
    const accepted = () => {
      if (--unaccepted === 0) onAccepted();
    };
    const writes: Promise<void>[] = [];
    while (opened.length > 0) {
      // Not kept: their samples are soon with the store, packed, and what is waited for then is the account.
      const { frames, headers, aside } = this.#decode(origin, opened.splice(0, lotOf(opened)));
      await this.#parts.setAside(aside);
      if (frames.length > 0) {
        unaccepted++;
        const write = this.#store(frames, headers, accepted);
        // Should a later lot fail before it is waited for.
        write.catch(() => undefined);
        writes.push(write);
      }
      if (opened.length > 0) await this.#parts.breathe(origin.class, origin.lane);
    }
    if (writes.length === 0) return;
    accepted();
    await Promise.all(writes);
  }

  #decode(origin: BlockOrigin, opened: readonly Opened[]) {
    const frames: MetricFrame[] = [];
    const headers: WrittenHeader[] = [];
    const aside: DeadLetter[] = [];
    const { lane } = origin;
    for (const { entry, header, definitions, sections } of opened) {
      try {
        const refusal = this.#parts.definitions.refusal(definitions);
        if (refusal) throw refusal;
        const route = routeOf(origin, entry, header);
        // What a relay computed itself is of no host.
        const own = entry.host === origin.relay;
        const target: MetricFrame['target'] = own
          ? { relay: origin.relay, site: origin.site }
          : { instance: entry.host, site: origin.site };
        if (header.kind !== 'metrics') {
          const frame = decodeFrame(entry.frame, { unzstd, utf8 });
          if (frame.kind !== 'gap')
            throw new HeliographError('HG_CORE_FRAME', `${frame.kind} in a frame of class metric`);
          const known = this.#declare(entry.host, header.class, frame.gaps);
          frames.push({ ...route, target, rows: [] });
          headers.push({ count: 0, known, lane, created: header.created, skew: entry.skew, oldest: Number.NaN });
          continue;
        }
        let oldest = Number.POSITIVE_INFINITY;
        const rows = decodeMetrics(header, sections, this.#parts.definitions).map((section) => {
          oldest = Math.min(oldest, section.times[0] ?? oldest);
          const page = this.#parts.definitions.page(section.page)!;
          const { times, values, present, finite } = section;
          return { page: own ? rolledPage(page) : page, times, values, present, finite };
        });
        frames.push({ ...route, target, rows });
        const { count, created } = header;
        headers.push({ count, known: false, lane, created, skew: entry.skew, oldest });
      } catch (error) {
        this.#unlessOurs(error, definitions);
        aside.push(this.#letter(origin, entry, header, 'undecodable', error));
      }
    }
    return { frames, headers, aside };
  }

  async #store(frames: MetricFrame[], headers: readonly WrittenHeader[], onAccepted: () => void): Promise<void> {
    const { metrics, account, freshness, now } = this.#parts;
    let accepted: number | null = null;
    const accept = () => {
      if (accepted !== null) return;
      accepted = now();
      frames.length = 0;
      onAccepted();
    };
    const outcomes = await metrics.write(frames, accept);
    // A store that answers long before it is durable shows what it has by then.
    const visible = (accepted ?? now()) + metrics.visibleAfterMs;
    for (const [i, outcome] of outcomes.entries()) {
      const header = headers[i]!;
      const { count, known, oldest } = header;
      account.take('metric', count);
      if (known) account.repeat('metric', 0);
      else account.settle('metric', outcome);
      if (outcome.repeated === 0 && !known) freshness.queryable(header, oldest, visible);
    }
    this.#countDrops(outcomes);
    accept();
  }

  async #publish(origin: BlockOrigin, opened: readonly Opened[]): Promise<void> {
    const { bus, account } = this.#parts;
    const records: BusRecord[] = [];
    const taken: FrameHeader[] = [];
    const events: FleetEvent[] = [];
    const aside: DeadLetter[] = [];
    for (const { entry, header } of opened) {
      try {
        // Lines are decoded by the indexer, once; events are few and the fleet wants them now, and a declared drop must be known
        // before its frame is acknowledged.
        if (header.kind !== 'logs') events.push(...this.#look(origin, entry, header));
        const { host, received, skew, frame } = entry;
        const value = encodeRecord({
          relay: origin.relay,
          site: origin.site,
          host,
          received,
          skew,
          lane: origin.lane,
          frame,
        });
        records.push({ key: host, value });
        taken.push(header);
      } catch (error) {
        this.#unlessOurs(error, []);
        aside.push(this.#letter(origin, entry, header, 'undecodable', error));
      }
    }
    await this.#parts.setAside(aside);
    if (records.length === 0) return;
    let queued = 0;
    try {
      // Before it is published: the indexer may be done with it before this goes on.
      for (; queued < taken.length; queued++) account.queue(origin.class, taken[queued]!.count);
      await bus.publish(topicOf(origin.class), records);
    } catch (error) {
      for (const header of taken.slice(0, queued)) account.unpublish(origin.class, header.count);
      throw error;
    }
    account.onBus(
      origin.class,
      taken.length,
      taken.reduce((sum, { count }) => sum + count, 0),
    );
    // Not before: a block that the bus does not take comes again, with the same events.
    for (const event of events) this.#parts.fleet.event(event);
  }

  /** Keeps declared drops; gives the events. */
  #look(origin: BlockOrigin, entry: BlockEntry, header: FrameHeader): FleetEvent[] {
    const frame = decodeFrame(entry.frame, { unzstd, utf8 });
    if (frame.kind === 'gap') this.#declare(entry.host, header.class, frame.gaps);
    if (frame.kind !== 'events') return [];
    return frame.events.map(({ time, type, host, facts }) => ({ time, type, host, relay: origin.relay, facts }));
  }

  /** Keeps declared drops. True when all of them were known: the frame came before. */
  #declare(host: string, dataClass: DataClass, gaps: readonly Gap[]): boolean {
    const declared = gaps.map((gap): DeclaredGap => ({ host, class: dataClass, ...gap }));
    return this.#parts.gaps.add(declared) === 0 && gaps.length > 0;
  }

  /** What a disk of ours refused says nothing of the frame: the block must come again instead. */
  #unlessOurs(error: unknown, definitions: readonly string[]): void {
    if (!(error instanceof HeliographError)) return;
    const lost = error.code === 'HG_FRAME_DEFINITION' && this.#parts.definitions.missing(definitions).length > 0;
    if (lost || error.code === 'HG_STORE_DISK' || error.code === 'HG_STORE_DAMAGED') throw error;
  }

  #letter(
    origin: BlockOrigin,
    entry: BlockEntry,
    header: FrameHeader | null,
    reason: string,
    error: unknown,
  ): DeadLetter {
    const typed = asFault(error);
    return {
      class: origin.class,
      host: entry.host,
      relay: origin.relay,
      site: origin.site,
      received: entry.received,
      skew: entry.skew,
      lane: origin.lane,
      id: header ? idOf(entry.host, header) : null,
      items: header?.count ?? 0,
      reason,
      code: typed.code,
      message: typed.message,
      frame: entry.frame,
    };
  }

  #countDrops(outcomes: readonly FrameOutcome[]): void {
    for (const { dropped } of outcomes) {
      for (const [reason, items] of Object.entries(dropped)) this.#parts.refused.inc({ code: reason }, items);
    }
  }
}

/** How many of these frames are decoded and handed on together; one at least. */
function lotOf(opened: readonly Opened[]): number {
  let frames = 0;
  let samples = 0;
  for (const { header } of opened) {
    samples += header.count;
    if (frames > 0 && (samples > SAMPLES_AT_ONCE || frames === FRAMES_AT_ONCE)) break;
    frames++;
  }
  return frames;
}

/** Metrics carry metrics, alerts carry events, the rest lines; and each may carry declared drops of its own class. */
function checkKind(dataClass: DataClass, header: FrameHeader): void {
  if (header.class !== dataClass) {
    throw new HeliographError('HG_CORE_FRAME', `a frame of class ${header.class} in a block of class ${dataClass}`);
  }
  const wanted = dataClass === 'metric' ? 'metrics' : dataClass === 'alert' ? 'events' : 'logs';
  if (header.kind !== wanted && header.kind !== 'gap') {
    throw new HeliographError('HG_CORE_FRAME', `${header.kind} in a frame of class ${dataClass}`);
  }
}

/** A frame that trips a fault of ours goes the same way as one that cannot be read: kept, counted, and not in the way of the others. */
export function asFault(error: unknown): HeliographError {
  return error instanceof HeliographError ? error : new HeliographError('HG_CORE_FAULT', String(error), {}, error);
}

export function idOf(host: string, header: FrameHeader): FrameId {
  return { host, boot: header.boot, class: header.class, sequence: header.sequence };
}

function routeOf(origin: BlockOrigin, entry: BlockEntry, header: FrameHeader): FrameRoute {
  return {
    id: idOf(entry.host, header),
    relay: origin.relay,
    created: header.created,
    received: entry.received,
    skew: entry.skew,
    lane: origin.lane,
  };
}
