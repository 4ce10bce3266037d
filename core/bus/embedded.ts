import { HeliographError } from '../../lib/errors.ts';
import type { ChainTotals, JournalOptions } from '../../lib/journal/contract.ts';
import { Journal } from '../../lib/journal/journal.ts';
import type { Bus, BusBatch, BusRecord, ConsumeOptions, Consumer } from '../ports/bus.ts';
import { isOfAnotherBus } from './another.ts';
import { acknowledgeTo, EmbeddedConsumer } from './consumer.ts';
import { encodeBusRecord } from './record.ts';

export interface EmbeddedTopic {
  readonly name: string;
  readonly groups: readonly string[];
  /** A cap of this topic alone, so that debug lines cannot take the room of errors. */
  readonly maxBytes?: number;
}

export interface EmbeddedBusOptions extends Pick<JournalOptions, 'directory' | 'files' | 'now' | 'crc32' | 'timer'> {
  readonly topics: readonly EmbeddedTopic[];
  readonly segmentBytes: number;
  /** Cap over all topics: `publish` rejects with HG_JOURNAL_FULL until groups have committed. */
  readonly maxBytes: number;
  /** Committed records are kept this long where there is room; default 0. */
  readonly retentionMs?: number;
  readonly lingerMs?: number;
  readonly onDamage?: JournalOptions['onDamage'];
  /** Told of failed handlers and undecodable records. */
  readonly onError?: (error: unknown) => void;
}

/** The bus of one machine: a journal in which topics are chains and groups are readers. */
export class EmbeddedBus implements Bus {
  readonly journal: Journal;
  readonly #options: EmbeddedBusOptions;
  readonly #consumers = new Set<EmbeddedConsumer>();

  private constructor(journal: Journal, options: EmbeddedBusOptions) {
    this.journal = journal;
    this.#options = options;
  }

  static async open(options: EmbeddedBusOptions): Promise<EmbeddedBus> {
    const journal = await Journal.open({
      directory: options.directory,
      files: options.files,
      now: options.now,
      crc32: options.crc32,
      timer: options.timer,
      segmentBytes: options.segmentBytes,
      maxBytes: options.maxBytes,
      lingerMs: options.lingerMs ?? 2,
      mode: 'disk',
      ...(options.onDamage ? { onDamage: options.onDamage } : {}),
      chains: options.topics.map((topic, rank) => ({
        name: topic.name,
        rank,
        policy: 'push-back' as const,
        readers: topic.groups,
        minAgeMs: options.retentionMs ?? 0,
        ...(topic.maxBytes === undefined ? {} : { maxBytes: topic.maxBytes }),
      })),
    });
    return new EmbeddedBus(journal, options);
  }

  /** Rejects with HG_JOURNAL_FULL or HG_JOURNAL_DISK if any record is not in; others of the same call may be in then, and come twice after a repeat. */
  async publish(topic: string, records: readonly BusRecord[]): Promise<void> {
    const encoded = records.map(encodeBusRecord);
    await Promise.all(encoded.map((bytes) => this.journal.appendDurably(topic, { bytes, items: 1, key: 0 })));
  }

  async consume(options: ConsumeOptions, handle: (batch: BusBatch) => Promise<void>): Promise<Consumer> {
    const { topic, group, maxBytes } = options;
    const reader = this.journal.reader(topic, group);
    let from = this.journal.start(topic);
    if (options.from !== null && !isOfAnotherBus(options.from, 'j1')) {
      from = this.#positionOf(topic, options.from);
      // The store has what lies before: a stop between its commit and ours left it here.
      await acknowledgeTo(reader, from);
    }
    const consumer = new EmbeddedConsumer({
      topic,
      reader,
      from,
      maxBytes,
      handle,
      timer: this.#options.timer,
      flush: () => this.journal.flush(),
      positionText,
      positionOf: (text) => this.#positionOf(topic, text),
      onError: (error) => this.#options.onError?.(error),
    });
    this.#consumers.add(consumer);
    return {
      // What the log store kept of another kind of bus is nothing to let go of here.
      commit: async (next) => (isOfAnotherBus(next, 'j1') ? undefined : consumer.commit(next)),
      close: async () => {
        this.#consumers.delete(consumer);
        await consumer.close();
      },
    };
  }

  /** Where a group has to go on that kept no position itself: everything before is committed. */
  floor(topic: string, group: string): string {
    return positionText(this.journal.reader(topic, group).floor());
  }

  #positionOf(topic: string, text: string): number {
    const position = /^j1-\d{1,16}$/.test(text) ? Number(text.slice(3)) : Number.NaN;
    if (Number.isNaN(position) || position > this.journal.end(topic)) {
      throw new HeliographError('HG_BUS_POSITION', `${topic} from ${text}`, { topic, position: text });
    }
    return position;
  }

  async lag(): Promise<readonly { topic: string; group: string; records: number; bytes: number }[]> {
    return this.#options.topics.flatMap(({ name, groups }) =>
      groups.map((group) => ({
        topic: name,
        group,
        records: this.totals(name, group).queued.records,
        bytes: this.#waiting(name, group),
      })),
    );
  }

  fill(): number {
    let bytes = 0;
    for (const { name, groups } of this.#options.topics) {
      bytes += Math.max(0, ...groups.map((group) => this.#waiting(name, group)));
    }
    return bytes / this.#options.maxBytes;
  }

  #waiting(topic: string, group: string): number {
    const reader = this.journal.reader(topic, group);
    let bytes = this.journal.end(topic) - reader.floor();
    for (const [from, to] of reader.acknowledged()) bytes -= to - from;
    return bytes;
  }

  /** The account of one group on one topic, for the ledger. */
  totals(topic: string, group: string): ChainTotals {
    return this.journal.totals(topic, group);
  }

  async close(): Promise<void> {
    for (const consumer of this.#consumers) await consumer.close();
    this.#consumers.clear();
    await this.journal.close();
  }
}

function positionText(position: number): string {
  return `j1-${position}`;
}
