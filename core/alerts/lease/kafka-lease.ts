import type { Consumer, Kafka } from 'kafkajs';
import type { Logger } from '../../../lib/log.ts';
import { Again } from './again.ts';
import { SESSION_MS } from './file-lease.ts';
import type { KafkaPlace } from './kafka-place.ts';
import type { Lease } from './lease.ts';

const BEAT_MS = 600;
const FETCH_WAIT_MS = 500;
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2, retries: 3 };

export interface KafkaLeaseParts {
  readonly name: string;
  readonly client: () => Kafka;
  /** Of one partition: whoever has it has the lease. */
  readonly topic: string;
  readonly group: string;
  readonly place: KafkaPlace;
  /** ms that never step, and go on while a process is stopped. */
  readonly mono: () => number;
  readonly log: Logger;
}

/**
 * A lease by a consumer group on one partition: the coordinator gives the partition to one member, and takes it away from one that is not heard of for a session. Whoever gets it writes a claim into
 * the topic; the claim's place is the generation. Before each send the coordinator is asked, by a commit, whether the member still counts.
 */
export class KafkaLease implements Lease {
  readonly kind = 'kafka';
  readonly #parts: KafkaLeaseParts;
  readonly #loop: Again;
  readonly #listeners: ((held: number | null) => void)[] = [];
  #consumer: Consumer | null = null;
  #generation: number | null = null;
  /** How often the partition was shared out: a claim that took longer than its share is none. */
  #shares = 0;
  #beatAt = Number.NEGATIVE_INFINITY;

  constructor(parts: KafkaLeaseParts) {
    this.#parts = parts;
    this.#loop = new Again(
      (life) => this.#session(life),
      (error) =>
        parts.log.warn('this core is no member of the group that agrees who notifies; it tries again', {
          group: parts.group,
          'error.message': String(error),
        }),
    );
  }

  get name(): string {
    return this.#parts.name;
  }

  get held(): number | null {
    return this.#parts.mono() - this.#beatAt < SESSION_MS ? this.#generation : null;
  }

  get owner(): string | null {
    return this.#parts.place.claimed?.owner ?? null;
  }

  async check(): Promise<number | null> {
    const generation = this.held;
    const consumer = this.#consumer;
    if (generation === null || !consumer) return null;
    const { topic, place } = this.#parts;
    try {
      await consumer.commitOffsets([{ topic, partition: 0, offset: String(generation) }]);
    } catch {
      // Another member has it, or nobody can say.
      return null;
    }
    return place.claimed?.generation === generation && this.#generation === generation ? generation : null;
  }

  onChange(listener: (held: number | null) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    await this.#loop.close();
  }

  async #session(life: AbortSignal): Promise<void> {
    const { client, topic, group, place, mono } = this.#parts;
    if (!place.isThere) return;
    const consumer = client().consumer({
      groupId: group,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: SESSION_MS,
      heartbeatInterval: BEAT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      retry: { ...RETRY, restartOnFailure: async () => false },
    });
    const ended = Promise.withResolvers<void>();
    ended.promise.catch(() => undefined);
    life.addEventListener('abort', () => ended.resolve(), { once: true });
    const { CRASH, GROUP_JOIN, REBALANCING, HEARTBEAT } = consumer.events;
    consumer.on(CRASH, ({ payload }) => ended.reject(payload.error));
    consumer.on(REBALANCING, () => this.#lose());
    consumer.on(HEARTBEAT, () => {
      this.#beatAt = mono();
    });
    consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#lose();
      this.#beatAt = mono();
      if ((payload.memberAssignment[topic] ?? []).length > 0) this.#take().catch(ended.reject);
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic] });
      this.#consumer = consumer;
      // What stands in the topic is read elsewhere; here it only keeps the membership.
      await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
      await ended.promise;
    } finally {
      this.#lose();
      this.#consumer = null;
      await consumer.disconnect();
    }
  }

  async #take(): Promise<void> {
    const share = ++this.#shares;
    const generation = await this.#parts.place.claim();
    if (share !== this.#shares) return;
    this.#generation = generation;
    this.#parts.log.info('this core notifies from now on', { lease: this.name, generation });
    for (const listener of this.#listeners) listener(generation);
  }

  #lose(): void {
    this.#shares++;
    if (this.#generation === null) return;
    this.#generation = null;
    this.#parts.log.info('who notifies is agreed on anew', { lease: this.name });
    for (const listener of this.#listeners) listener(null);
  }
}
