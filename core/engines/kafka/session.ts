import type { Consumer, EachBatchPayload, Kafka, KafkaMessage, OffsetsByTopicPartition } from 'kafkajs';
import type { KafkaConfig } from './config.ts';
import { damagedOf } from './damaged.ts';
import { Ownership } from './ownership.ts';
import { type Piece, passedOver, piecesOf } from './piece.ts';
import type { Position } from './position.ts';

/** What coordinators call it when the partitions are, or are about to be, shared out anew without us having a say. */
const LOST: ReadonlySet<string> = new Set([
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
]);
/** An empty fetch waits so long at the broker: so long a stop may take, and so often an idle topic is asked. */
const FETCH_WAIT_MS = 500;
/** Heartbeats in the time after which the group gives us up. */
const BEATS = 10;
const RETRY = { initialRetryTime: 200, maxRetryTime: 2_000, factor: 0.2, multiplier: 2, retries: 5 };
const COMMIT_TRIES = 3;
/** So many partitions are with their handler at once: a slow one must not stand before the others. What they have is what one fetch brought. */
const CONCURRENT = 8;
/** So often a batch that cannot be unpacked is fetched: memory, or a copy on another broker, may have it whole. */
const DAMAGED_TRIES = 5;

export interface SessionParts {
  /** Of this session alone: kafkajs keeps what a group committed for all consumers of a client. */
  readonly client: Kafka;
  readonly config: KafkaConfig;
  readonly topic: string;
  readonly group: string;
  readonly maxBytes: number;
  /** Where its partition is begun, if it becomes ours at the first sharing out. */
  readonly resume: Position | null;
  /** Resolves with true when the piece is done with, with false when `life` ended first. Does not reject. */
  readonly take: (piece: Piece, life: AbortSignal) => Promise<boolean>;
  /** It has a share of the topic, or would have one if there were enough partitions. */
  readonly onJoined: (partitions: readonly number[]) => void;
  /** Records `from` to before `to` of a partition did not come. */
  readonly onGap: (partition: number, from: number, to: number) => void;
  /** Of each partition, the offset at which a damaged batch was met, and how often; kept over sessions. */
  readonly met: Map<number, { readonly offset: number; readonly times: number }>;
  readonly now: () => number;
  readonly timer: (run: () => void, ms: number) => () => void;
}

/** One kafkajs consumer from its start to its end, which is a crash or `close`. */
export class ConsumerSession {
  readonly ownership = new Ownership();
  readonly #parts: SessionParts;
  readonly #closed = Promise.withResolvers<void>();
  #closing = false;
  #joined = false;
  #lost: Error | null = null;
  /** Of the batches that are with their handler. */
  readonly #lives = new Set<AbortController>();
  #commit: ((offsets: OffsetsByTopicPartition) => Promise<void>) | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Whether it had partitions, or could have had. */
  get joined(): boolean {
    return this.#joined;
  }

  /** Resolves after `close`, rejects with what ended it before. */
  async run(): Promise<void> {
    const { client, config, topic, group, maxBytes } = this.#parts;
    const consumer = client.consumer({
      groupId: group,
      sessionTimeout: config.session,
      rebalanceTimeout: config.session,
      heartbeatInterval: Math.floor(config.session / BEATS),
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytes,
      maxBytesPerPartition: maxBytes,
      allowAutoTopicCreation: false,
      // Whoever runs the session begins the next one.
      retry: { ...RETRY, restartOnFailure: async () => false },
    });
    const crash = Promise.withResolvers<never>();
    const stopped = Promise.race([crash.promise, this.#closed.promise]);
    stopped.catch(() => undefined);
    const { CRASH, GROUP_JOIN } = consumer.events;
    consumer.on(CRASH, ({ payload }) => crash.reject(payload.error));
    consumer.on(GROUP_JOIN, ({ payload }) => this.#shared(consumer, payload.memberId, payload.memberAssignment));
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      if (!this.#closing) {
        await consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          partitionsConsumedConcurrently: CONCURRENT,
          eachBatch: (payload) => this.#batch(payload),
        });
      }
      await stopped;
    } finally {
      this.#closing = true;
      this.#endLives();
      await consumer.disconnect();
    }
  }

  close(): void {
    this.#closing = true;
    this.#endLives();
    this.#closed.resolve();
  }

  #endLives(): void {
    for (const life of this.#lives) life.abort();
  }

  /**
   * Tells the group that everything before the position is done. Does nothing for what is not ours any more: its new owner gets it again.
   * Rejects when the coordinator does not take it.
   */
  async commit({ partition, offset }: Position): Promise<void> {
    const { topic, timer } = this.#parts;
    for (let tries = 1; this.#commit && this.ownership.mayCommit(partition, offset); tries++) {
      try {
        // Not kafkajs' own repeat: it would send it in the name of the next sharing out.
        await this.#commit({ topics: [{ topic, partitions: [{ partition, offset: String(offset) }] }] });
        this.ownership.committed(partition, offset);
        return;
      } catch (error) {
        if (LOST.has(typeOf(error))) return;
        if (tries === COMMIT_TRIES) throw error;
        await new Promise<void>((resolve) => timer(resolve, RETRY.initialRetryTime * tries));
      }
    }
  }

  #shared(consumer: Consumer, member: string, assignment: Readonly<Record<string, readonly number[]>>): void {
    const { topic, resume } = this.#parts;
    const partitions = assignment[topic] ?? [];
    this.ownership.joined(member, partitions);
    this.#lost = null;
    if (!this.#joined && resume && partitions.includes(resume.partition)) {
      consumer.seek({ topic, partition: resume.partition, offset: String(resume.offset) });
    }
    this.#joined = true;
    this.#parts.onJoined(partitions);
  }

  async #batch(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, resolveOffset, commitOffsetsIfNecessary, isStale } = payload;
    // Fetched before the partitions were shared out anew.
    if (this.#lost) throw this.#lost;
    if (this.#closing || isStale()) return;
    this.#commit = commitOffsetsIfNecessary as (offsets: OffsetsByTopicPartition) => Promise<void>;
    const { partition } = batch;
    const life = new AbortController();
    this.#lives.add(life);
    const beating = this.#beat(heartbeat);
    try {
      for (const piece of this.#pieces(batch)) {
        if (piece.damaged && this.#meet(partition, piece.damaged.first) < DAMAGED_TRIES) {
          // Not resolved, so it is fetched again.
          await this.#pause(RETRY.initialRetryTime, life.signal);
          return;
        }
        const missed = this.ownership.delivered(partition, piece.offsets[0]!, piece.next);
        if (missed !== null) this.#parts.onGap(partition, missed, piece.offsets[0]!);
        const done = await Promise.race([this.#parts.take(piece, life.signal), beating.failed]);
        if (!done || this.#closing) return;
        resolveOffset(String(piece.next - 1));
        if (piece.damaged) this.#parts.met.delete(partition);
      }
    } finally {
      life.abort();
      this.#lives.delete(life);
      beating.stop();
    }
  }

  /** What was fetched, in order; a damaged batch is a piece by itself. */
  *#pieces({ partition, messages, highWatermark, ...rest }: EachBatchPayload['batch']): Generator<Piece> {
    // In kafkajs' types it is not.
    let from = Number((rest as { fetchedOffset?: string }).fetchedOffset ?? 0);
    let good: KafkaMessage[] = [];
    for (const [i, message] of messages.entries()) {
      const damaged = damagedOf(message);
      if (damaged === null) {
        good.push(message);
        continue;
      }
      yield* piecesOf(partition, good, this.#parts.maxBytes);
      if (good.length > 0) from = Number(good.at(-1)!.offset) + 1;
      good = [];
      const piece = passedOver(partition, damaged, from, Number(highWatermark), messages[i + 1]);
      from = piece.next;
      yield piece;
    }
    yield* piecesOf(partition, good, this.#parts.maxBytes);
  }

  /** How often a damaged batch was met at this offset, this time too. */
  #meet(partition: number, offset: number): number {
    const there = this.#parts.met.get(partition);
    const times = there?.offset === offset ? there.times + 1 : 1;
    this.#parts.met.set(partition, { offset, times });
    return times;
  }

  #pause(ms: number, life: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.timer(resolve, ms);
      life.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  }

  /**
   * Heartbeats while a batch is with its handler, however long that takes. `failed` rejects when the group goes on without us, so that we join again at
   * once; the handler goes on, and the next batch waits for it.
   */
  #beat(heartbeat: () => Promise<void>): { readonly failed: Promise<never>; stop(): void } {
    const { config, timer, now } = this.#parts;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    let cancel: () => void = () => undefined;
    let stopped = false;
    let good = now();
    const beat = async () => {
      try {
        await heartbeat();
        good = now();
      } catch (error) {
        if (LOST.has(typeOf(error))) {
          // What was fetched with this batch is lost too, until the next sharing out.
          if (!stopped) this.#lost = error as Error;
          reject(error);
          return;
        }
        // A broker that is away for a moment takes no partition from us.
        if (now() - good > config.session) {
          reject(error);
          return;
        }
      }
      if (!stopped) again();
    };
    const again = () => {
      cancel = timer(() => void beat(), Math.floor(config.session / BEATS));
    };
    again();
    return {
      failed: promise,
      stop: () => {
        stopped = true;
        cancel();
      },
    };
  }
}

function typeOf(error: unknown): string {
  const { type } = (error ?? {}) as { type?: unknown };
  return typeof type === 'string' ? type : '';
}
