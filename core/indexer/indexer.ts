import { HeliographError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Counter } from '../../lib/metrics.ts';
import type { DataClass } from '../../proto/class.ts';
import { decodeFrame, decodeHeader, type FrameHeader } from '../../proto/frame.ts';
import type { Health } from '../api/health.ts';
import type { Freshness } from '../freshness/freshness.ts';
import { asFault, idOf } from '../gateway/frames.ts';
import { unzstd, utf8 } from '../gateway/tools.ts';
import type { Account } from '../ledger/account.ts';
import type { BusAccount } from '../ledger/bus-account.ts';
import { BUS, DAMAGED_ON_BUS, type DeadLetter, type DeadLetters } from '../ledger/dead-letters.ts';
import { DOOR } from '../ledger/door-totals.ts';
import type { Bus, BusBatch, BusDamage, Consumer } from '../ports/bus.ts';
import type { LogFrame, LogLine } from '../ports/frames.ts';
import type { LogStore } from '../ports/log-store.ts';
import { eventLine, TOPICS } from './lines.ts';
import type { Tally } from './pipeline/figures.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import { decodeRecord, type LogRecord } from './record.ts';

export const GROUP = 'indexer';

export interface IndexerOptions {
  readonly bus: Bus;
  readonly logs: LogStore;
  readonly deadLetters: DeadLetters;
  /** Where others put on the bus what this process takes; null: it is this process' own. */
  readonly taken: BusAccount | null;
  readonly freshness: Freshness;
  readonly health: Health;
  readonly log: Logger;
  readonly now: () => number;
  /** Label `code`. */
  readonly refused: Counter;
  /** Told of frames that are durable and were not there before. */
  readonly onStored: (frames: readonly LogFrame[]) => void;
  /** Bytes of records in one batch. */
  readonly maxBytes: number;
  /** What is done to lines on the way; null: nothing. */
  readonly pipeline: Pipeline | null;
}

/** How long a batch that the store would not take waits before it is tried again. */
const RETRY_MS = 500;

/**
 * From the bus into the log store. The position on the bus becomes durable in the store's own transaction, so a kill at
 * any point neither loses nor doubles a line; the bus hears of it afterwards, only to let go of what is done.
 */
export class Indexer {
  readonly #options: IndexerOptions;
  readonly #consumers = new Map<string, Consumer>();
  #closed = false;
  #wake: (() => void)[] = [];
  #start: (account: Account) => void = () => undefined;
  readonly #account: Promise<Account>;

  private constructor(options: IndexerOptions) {
    this.#options = options;
    this.#account = new Promise((resolve) => {
      this.#start = resolve;
    });
  }

  /**
   * Takes up the consumers where the log store stands, and lets the bus forget what is before. Nothing is taken until
   * `start`, so that what waits on the bus can be counted in between.
   */
  static async open(options: IndexerOptions): Promise<Indexer> {
    const indexer = new Indexer(options);
    const positions = await options.logs.positions();
    for (const [topic, dataClass] of Object.entries(TOPICS)) {
      const from = positions[topic] ?? null;
      const consumer = await options.bus.consume({ topic, group: GROUP, from, maxBytes: options.maxBytes }, (batch) =>
        indexer.#take(batch, dataClass),
      );
      indexer.#consumers.set(topic, consumer);
      // The last commit to the bus may have been cut off behind the store's.
      if (from !== null) await consumer.commit(from);
    }
    return indexer;
  }

  /** Begins to take records, and to account for them. */
  start(account: Account): void {
    this.#start(account);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of this.#wake.splice(0)) wake();
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.close()));
  }

  async #take(batch: BusBatch, dataClass: DataClass): Promise<void> {
    const account = await this.#account;
    const { taken } = this.#options;
    // Before anything of the batch is done: the group says what was done before.
    if (taken && !taken.begun(dataClass)) {
      taken.begin(dataClass, (await this.#options.bus.standing?.(batch.topic, GROUP)) ?? []);
    }
    if (batch.damaged) {
      await this.#passOver(batch, batch.damaged, dataClass, account);
      return;
    }
    const { deadLetters } = this.#options;
    const all: number[] = [];
    const frames: LogFrame[] = [];
    const counts: number[] = [];
    const aside: DeadLetter[] = [];
    for (const { key, value } of batch.records) {
      let record: LogRecord | null = null;
      let header: FrameHeader | null = null;
      try {
        record = decodeRecord(value);
        header = decodeHeader(record.frame);
        frames.push(this.#frame(record, header));
        counts.push(header.count);
        all.push(header.count);
      } catch (error) {
        const typed = asFault(error);
        this.#options.refused.inc({ code: typed.code });
        all.push(header?.count ?? 0);
        aside.push({
          class: dataClass,
          host: record?.host ?? key,
          relay: record?.relay ?? '',
          site: record?.site ?? '',
          received: record?.received ?? 0,
          skew: record?.skew ?? 0,
          lane: record?.lane ?? 'live',
          id: record && header ? idOf(record.host, header) : null,
          items: header?.count ?? 0,
          reason: 'undecodable',
          code: typed.code,
          message: typed.message,
          frame: record?.frame ?? value,
        });
      }
    }
    if (batch.place) taken?.take(dataClass, batch.place, all);
    // Before the position moves past them.
    await deadLetters.put(aside, account);
    for (const letter of aside) account.unqueue(dataClass, letter.items);
    // Once for a batch, however often the store has to be asked.
    const piped = (await this.#options.pipeline?.run(frames)) ?? null;
    const stored = piped === null ? frames : piped.map(({ frame }) => frame);
    const tallies = piped === null ? [] : piped.map(({ tally }) => tally);
    await this.#append(batch, dataClass, stored, counts, tallies, account);
  }

  /** Records that the bus cannot give any more: one dead letter says which, and the position moves behind them. */
  async #passOver(batch: BusBatch, damage: BusDamage, dataClass: DataClass, account: Account): Promise<void> {
    const { deadLetters, taken, refused, log, now } = this.#options;
    const { topic, partition, first, next, why, bytes } = damage;
    const frames = next - first;
    const error = new HeliographError(
      'HG_BUS_DAMAGED',
      `topic ${topic}, partition ${partition}: offsets ${first} to ${next - 1} are passed over, it goes on at ${next}: ${why}`,
    );
    if (batch.place)
      taken?.take(
        dataClass,
        batch.place,
        batch.place.offsets.map(() => 0),
      );
    const items = account.guess(dataClass, frames);
    const letter: DeadLetter = {
      class: dataClass,
      host: BUS,
      relay: '',
      site: '',
      received: now(),
      skew: 0,
      lane: 'live',
      id: null,
      items,
      frames,
      reason: DAMAGED_ON_BUS,
      code: error.code,
      message: error.message,
      frame: bytes,
      place: { topic, partition, first },
    };
    await deadLetters.put([letter], account);
    account.passOver(dataClass, frames, items);
    refused.inc({ code: error.code }, frames);
    log.error('records of the bus cannot be read and are passed over; a dead letter says which', {
      topic,
      partition,
      first,
      next,
      'error.code': error.code,
      'error.message': error.message,
    });
    await this.#append(batch, dataClass, [], [], [], account);
  }

  /** Tries until the store takes it: there is nowhere else for it to go, and the bus keeps the rest meanwhile. */
  async #append(
    batch: BusBatch,
    dataClass: DataClass,
    frames: LogFrame[],
    counts: number[],
    tallies: readonly Tally[],
    account: Account,
  ): Promise<void> {
    const { logs, freshness, health, log, now, pipeline } = this.#options;
    for (;;) {
      try {
        const outcomes = await logs.append(frames, { topic: batch.topic, next: batch.next });
        const done = now() + logs.searchableAfterMs;
        for (const [i, outcome] of outcomes.entries()) {
          account.unqueue(dataClass, counts[i]!);
          account.settle(dataClass, outcome, frames[i]!.relay === DOOR);
          if (outcome.repeated > 0) continue;
          freshness.searchable(frames[i]!, done);
          // What comes again was counted when it came first.
          if (tallies[i] !== undefined) pipeline?.count(tallies[i]);
        }
        health.well('log store');
        this.#options.onStored(frames.filter((_, i) => outcomes[i]!.written > 0));
        break;
      } catch (error) {
        // The bus must not go on behind a batch that is not stored.
        if (this.#closed) throw error;
        if (health.ill('log store', String(error))) {
          log.error('the log store does not take lines; they wait on the bus', {
            topic: batch.topic,
            frames: frames.length,
            'error.message': String(error),
          });
        }
        await this.#pause(RETRY_MS);
      }
    }
    try {
      await this.#consumers.get(batch.topic)?.commit(batch.next);
    } catch (error) {
      // The store has the position; the bus only keeps records longer, until the next commit, which includes this one.
      log.warn('the bus did not take a commit', {
        topic: batch.topic,
        next: batch.next,
        'error.message': String(error),
      });
    }
  }

  #frame(record: LogRecord, header: FrameHeader): LogFrame {
    const frame = decodeFrame(record.frame, { unzstd, utf8 });
    let lines: readonly LogLine[] = [];
    if (frame.kind === 'logs') lines = frame.lines;
    else if (frame.kind === 'events') lines = frame.events.map(eventLine);
    return {
      id: idOf(record.host, header),
      relay: record.relay,
      created: header.created,
      received: record.received,
      skew: record.skew,
      lane: record.lane,
      instance: record.host,
      site: record.site,
      lines,
    };
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
