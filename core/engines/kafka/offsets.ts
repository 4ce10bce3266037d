import type { Admin, Kafka } from 'kafkajs';
import { rootOf } from './errors.ts';
import type { Position } from './position.ts';

/** What a group has of a partition. */
export interface Standing {
  readonly partition: number;
  /** Offsets of the oldest record kept and of the next one to come. */
  readonly low: number;
  readonly high: number;
  /** Everything before it is done; -1 where the group never committed. */
  readonly committed: number;
}

/** A coordinator or leader that is just beginning, or has just moved. kafkajs asks it once. */
const COMING: ReadonlySet<string> = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
]);
const TRIES = 6;
const PAUSE_MS = 200;

/** Asks the brokers where topics and groups stand. */
export class Offsets {
  readonly #client: Kafka;
  readonly #timer: (run: () => void, ms: number) => () => void;
  #admin: Admin | null = null;

  constructor(client: Kafka, timer: (run: () => void, ms: number) => () => void) {
    this.#client = client;
    this.#timer = timer;
  }

  async standing(topic: string, group: string): Promise<Standing[]> {
    return this.#ask(async (admin) => {
      const [ends, [found]] = await Promise.all([
        admin.fetchTopicOffsets(topic),
        admin.fetchOffsets({ groupId: group, topics: [topic] }),
      ]);
      const committed = new Map(found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      return ends.map(({ partition, low, high }) => ({
        partition,
        low: Number(low),
        high: Number(high),
        committed: committed.get(partition) ?? -1,
      }));
    });
  }

  /**
   * A position that was kept elsewhere, if the group is behind it and the topic is the one it was given for: in another of the same name that was
   * made later, what came after the position's time stands at smaller offsets.
   */
  async resumable(topic: string, standing: readonly Standing[], position: Position): Promise<Position | null> {
    const there = standing.find(({ partition }) => partition === position.partition);
    if (!there || there.committed >= position.offset) return null;
    if (position.offset < there.low || position.offset > there.high) return null;
    const later = await this.#ask((admin) => admin.fetchTopicOffsetsByTimestamp(topic, position.time + 1));
    const after = later.find(({ partition }) => partition === position.partition);
    return after && Number(after.offset) >= position.offset ? position : null;
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = null;
    await admin?.disconnect();
  }

  async #ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        if (this.#admin === null) {
          const admin = this.#client.admin();
          this.#admin = admin;
          await admin.connect();
        }
        return await question(this.#admin);
      } catch (error) {
        const { type = '' } = (rootOf(error) ?? {}) as { type?: string };
        if (COMING.has(type) && tries < TRIES) {
          await new Promise<void>((resolve) => this.#timer(resolve, PAUSE_MS * tries));
          continue;
        }
        await this.close();
        throw error;
      }
    }
  }
}

/** Records that were deleted before the group read them. */
export function unread({ low, committed }: Standing): number {
  return committed >= 0 ? Math.max(0, low - committed) : 0;
}

/** Records that wait for the group. */
export function waiting({ low, high, committed }: Standing): number {
  return Math.max(0, high - Math.max(low, committed));
}
